/** Callers: projects and API keys, and the ports of the store that keeps them. */
@NullMarked
package dev.tollgate.gateway.account;

import org.jspecify.annotations.NullMarked;
