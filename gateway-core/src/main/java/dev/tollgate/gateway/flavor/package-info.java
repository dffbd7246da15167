/**
 * The dialects of the gateway's callers: the place of the credential, the form of a refusal, and
 * the edits of a body.
 */
@NullMarked
package dev.tollgate.gateway.flavor;

import org.jspecify.annotations.NullMarked;
