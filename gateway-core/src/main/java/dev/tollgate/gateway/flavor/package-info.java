/**
 * The dialects in which callers talk to the gateway: where the credential is, how a refusal reads,
 * what is changed in a body.
 */
@NullMarked
package dev.tollgate.gateway.flavor;

import org.jspecify.annotations.NullMarked;
