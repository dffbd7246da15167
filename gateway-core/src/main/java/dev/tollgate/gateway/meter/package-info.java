/**
 * What a request may cost and what an answer did cost, read from copies of the bytes that pass by.
 * Nothing here can delay, change or fail what it watches.
 */
@NullMarked
package dev.tollgate.gateway.meter;

import org.jspecify.annotations.NullMarked;
