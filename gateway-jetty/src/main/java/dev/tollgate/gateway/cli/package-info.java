/** The command line: starts the server, and does on a database what an operator wants done. */
@NullMarked
package dev.tollgate.gateway.cli;

import org.jspecify.annotations.NullMarked;
