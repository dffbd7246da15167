package dev.tollgate.gateway.metrics;

import org.jspecify.annotations.Nullable;

/**
 * The end of a request. Method, route, flavor, operation and outcome come from small fixed sets and
 * can be metric labels. No field contains text from a client.
 *
 * @param method the HTTP method; {@code -} for an unknown one
 * @param route the path of the route, such as {@code /api/v1/models}; {@code -} if no route was
 *     found
 * @param flavor the client's dialect: {@code pinme}, {@code openai}, {@code anthropic} or {@code
 *     pinata}
 * @param operation OpenTelemetry's name for the operation of a metered route: {@code chat}, {@code
 *     text_completion} or {@code embeddings}; {@code -} if the route is not metered
 * @param streamed whether the upstream answered with an event stream
 * @param status the HTTP status that the client got; 0: none
 * @param outcome {@code complete}, {@code refused}, {@code client_gone}, {@code upstream_failed} or
 *     {@code aborted}
 * @param refusalCode the code in the table of errors in {@code docs/api.md}; null: the request was
 *     not refused
 * @param requestBytes the number of request body bytes that were read
 * @param responseBytes the number of body bytes that were written to the client
 * @param firstByteNanos the time from the request to the first byte of the response body; -1: there
 *     was none
 * @param firstTokenNanos the time from the request to the first generated content of a metered
 *     stream; -1: there was none, or it could not be read
 * @param totalNanos the time from the request to the end
 * @param chargedNanoUsd the project's charge in nano-dollars; -1: none, or not known yet
 * @param promptTokens the upstream's count; -1: unknown
 * @param completionTokens the upstream's count; -1: unknown
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
