/**
 * A servlet application on embedded Jetty whose own login, customers and books the gateway uses.
 */
@NullMarked
package dev.tollgate.example.jetty;

import org.jspecify.annotations.NullMarked;
