/** The routes that the gateway itself answers, about the calling project. */
@NullMarked
package dev.tollgate.gateway.selfservice;

import org.jspecify.annotations.NullMarked;
