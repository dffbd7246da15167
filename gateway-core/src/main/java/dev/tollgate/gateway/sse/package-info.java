/** Parser of server-sent events for streams that are relayed (WHATWG HTML, event stream, 9.2.6). */
@NullMarked
package dev.tollgate.gateway.sse;

import org.jspecify.annotations.NullMarked;
