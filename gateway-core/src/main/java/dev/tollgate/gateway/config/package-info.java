/** The immutable configuration and the reader of its sources. */
@NullMarked
package dev.tollgate.gateway.config;

import org.jspecify.annotations.NullMarked;
