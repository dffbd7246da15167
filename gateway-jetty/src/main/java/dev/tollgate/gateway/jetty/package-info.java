/** Gateway with its own Jetty server. */
@NullMarked
package dev.tollgate.gateway.jetty;

import org.jspecify.annotations.NullMarked;
