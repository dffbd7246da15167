/** Built-in upstream of the demo. */
@NullMarked
package dev.tollgate.gateway.demo;

import org.jspecify.annotations.NullMarked;
