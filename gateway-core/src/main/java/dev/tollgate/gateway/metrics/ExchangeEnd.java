package dev.tollgate.gateway.metrics;

import org.jspecify.annotations.Nullable;

/**
 * How a request ended. Method, route, flavor, operation and outcome come from small fixed sets and
 * may be labels; no field holds anything that a client made up.
 *
 * @param method the HTTP method; {@code -} for one that does not exist
 * @param route the path of the route, such as {@code /api/v1/models}; {@code -} where none was
 *     found
 * @param flavor how the client talks: {@code pinme}, {@code openai}, {@code anthropic} or {@code
 *     pinata}
 * @param operation what a metered route does, in OpenTelemetry's words: {@code chat}, {@code
 *     text_completion} or {@code embeddings}; {@code -} where nothing is metered
 * @param streamed whether the upstream answered with an event stream
 * @param status the HTTP status that the client got; 0: none
 * @param outcome {@code complete}, {@code refused}, {@code client_gone}, {@code upstream_failed} or
 *     {@code aborted}
 * @param refusalCode the code in the table of errors in {@code docs/api.md}; null: it was not
 *     refused
 * @param requestBytes bytes of body that the client sent, as far as they were read
 * @param responseBytes bytes of body that were written to the client
 * @param firstByteNanos from the request to the first byte of the answer's body; -1: there was none
 * @param firstTokenNanos from the request to the first piece of a metered stream that had generated
 *     content; -1: there was none, or it could not be read
 * @param totalNanos from the request to the end
 * @param chargedNanoUsd what the project was charged by then, in nano-dollars; -1: nothing, or it
 *     is not known yet
 * @param promptTokens as the upstream counted them; -1: not known
 * @param completionTokens as the upstream counted them; -1: not known
 */
public record ExchangeEnd(
    String method,
    String route,
    String flavor,
    String operation,
    boolean streamed,
    int status,
    String outcome,
    @Nullable String refusalCode,
    long requestBytes,
    long responseBytes,
    long firstByteNanos,
    long firstTokenNanos,
    long totalNanos,
    long chargedNanoUsd,
    long promptTokens,
    long completionTokens) {}
