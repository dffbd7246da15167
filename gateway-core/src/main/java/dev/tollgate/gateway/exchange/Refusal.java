package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.Header;
import java.util.List;

/**
 * A refusal as it is sent to the client.
 *
 * @param status the HTTP status
 * @param headers all headers except the length
 * @param body JSON in UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Refusal(int status, List<Header> headers, byte[] body) {}
