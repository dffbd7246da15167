/** The gateway on a Jetty server of its own. */
@NullMarked
package dev.tollgate.gateway.jetty;

import org.jspecify.annotations.NullMarked;
