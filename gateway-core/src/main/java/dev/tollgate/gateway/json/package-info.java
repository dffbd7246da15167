/** Reads and writes JSON. */
@NullMarked
package dev.tollgate.gateway.json;

import org.jspecify.annotations.NullMarked;
