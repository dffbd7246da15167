/** How JSON is read and written. */
@NullMarked
package dev.tollgate.gateway.json;

import org.jspecify.annotations.NullMarked;
