/** Filters in front of the relay, in the order of {@code Gateway.install}. */
@NullMarked
package dev.tollgate.gateway.filter;

import org.jspecify.annotations.NullMarked;
