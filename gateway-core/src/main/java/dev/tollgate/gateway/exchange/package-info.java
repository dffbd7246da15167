/** The state of one request, and what filters hand on to the relay. */
@NullMarked
package dev.tollgate.gateway.exchange;

import org.jspecify.annotations.NullMarked;
