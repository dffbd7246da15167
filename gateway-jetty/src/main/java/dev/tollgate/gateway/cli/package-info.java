/** Command line of the standalone jar: starts the server, and administers a database. */
@NullMarked
package dev.tollgate.gateway.cli;

import org.jspecify.annotations.NullMarked;
