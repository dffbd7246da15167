/** The operator's use cases, whoever calls them. */
@NullMarked
package dev.tollgate.gateway.admin;

import org.jspecify.annotations.NullMarked;
