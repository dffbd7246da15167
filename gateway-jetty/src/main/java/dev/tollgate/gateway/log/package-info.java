/** How the standalone server's log is written. */
@NullMarked
package dev.tollgate.gateway.log;

import org.jspecify.annotations.NullMarked;
