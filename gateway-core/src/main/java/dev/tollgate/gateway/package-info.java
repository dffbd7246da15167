/** The gateway as a whole: build it, install it into a servlet context, close it. */
@NullMarked
package dev.tollgate.gateway;

import org.jspecify.annotations.NullMarked;
