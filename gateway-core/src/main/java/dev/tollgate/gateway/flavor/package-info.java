/**
 * The dialects in which callers talk to the gateway: where the credential is, how a refusal reads.
 */
@NullMarked
package dev.tollgate.gateway.flavor;

import org.jspecify.annotations.NullMarked;
