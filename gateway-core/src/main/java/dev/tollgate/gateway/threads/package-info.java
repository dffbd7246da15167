/** The long-lived threads of a gateway. */
@NullMarked
package dev.tollgate.gateway.threads;

import org.jspecify.annotations.NullMarked;
