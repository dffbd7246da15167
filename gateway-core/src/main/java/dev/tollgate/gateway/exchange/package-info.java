/** The state of one request, which filters pass on to the relay. */
@NullMarked
package dev.tollgate.gateway.exchange;

import org.jspecify.annotations.NullMarked;
