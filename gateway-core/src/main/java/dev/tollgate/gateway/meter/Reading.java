package dev.tollgate.gateway.meter;

import java.util.Optional;

/**
 * What a {@link UsageTap} made of an answer so far.
 *
 * @param usage what the answer took; empty: it did not say
 * @param error whether the answer carried an error, whatever its status was
 * @param whole whether the answer came to its own end: {@code [DONE]}, a last event, or a closed
 *     JSON value
 * @param deliveredCharacters about how much text the answer had, in code points, for an estimate
 * @param model who answered, at most 200 characters, without control characters
 */
public record Reading(
    Optional<Usage> usage,
    boolean error,
    boolean whole,
    long deliveredCharacters,
    Optional<String> model) {}
