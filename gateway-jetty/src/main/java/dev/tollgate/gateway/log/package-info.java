/** Log output of the standalone server. */
@NullMarked
package dev.tollgate.gateway.log;

import org.jspecify.annotations.NullMarked;
