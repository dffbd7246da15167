/** Notices that a client has closed its connection while nothing is written to it. */
@NullMarked
package dev.tollgate.gateway.client;

import org.jspecify.annotations.NullMarked;
