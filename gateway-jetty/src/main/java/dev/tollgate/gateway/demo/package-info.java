/** What the demo has in place of a real upstream. */
@NullMarked
package dev.tollgate.gateway.demo;

import org.jspecify.annotations.NullMarked;
