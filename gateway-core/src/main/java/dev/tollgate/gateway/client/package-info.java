/** Detection of clients that have disconnected while nothing is written to them. */
@NullMarked
package dev.tollgate.gateway.client;

import org.jspecify.annotations.NullMarked;
