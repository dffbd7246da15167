/**
 * Rules of HTTP that a relay needs and a servlet container does not give: header copying, the raw
 * query, a bounded body; and what differs between containers.
 */
@NullMarked
package dev.tollgate.gateway.http;

import org.jspecify.annotations.NullMarked;
