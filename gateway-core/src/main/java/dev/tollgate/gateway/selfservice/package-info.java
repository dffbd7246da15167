/** What the gateway answers by itself about the project that asks. */
@NullMarked
package dev.tollgate.gateway.selfservice;

import org.jspecify.annotations.NullMarked;
