/**
 * The operator's use cases, shared by the command line, the admin API and embedding applications.
 */
@NullMarked
package dev.tollgate.gateway.admin;

import org.jspecify.annotations.NullMarked;
