/**
 * HTTP rules that a relay needs and a servlet container lacks: header copying, the raw query and
 * bounded bodies. It also holds the differences between containers.
 */
@NullMarked
package dev.tollgate.gateway.http;

import org.jspecify.annotations.NullMarked;
