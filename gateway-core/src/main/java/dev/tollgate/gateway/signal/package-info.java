/** What the gateway says of its own state. */
@NullMarked
package dev.tollgate.gateway.signal;

import org.jspecify.annotations.NullMarked;
