/** A jar that adds an operator's own parts to the WAR or the standalone server. */
@NullMarked
package dev.tollgate.example.extension;

import org.jspecify.annotations.NullMarked;
