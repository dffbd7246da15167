/** The stores on a SQL database. */
@NullMarked
package dev.tollgate.gateway.jdbc;

import org.jspecify.annotations.NullMarked;
