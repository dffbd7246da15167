/** A plain servlet application on embedded Tomcat, with gateways in it. */
@NullMarked
package dev.tollgate.example.tomcat;

import org.jspecify.annotations.NullMarked;
