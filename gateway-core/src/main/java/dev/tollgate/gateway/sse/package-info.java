/** Server-sent events, read as they pass by (WHATWG HTML, event stream, 9.2.6). */
@NullMarked
package dev.tollgate.gateway.sse;

import org.jspecify.annotations.NullMarked;
