package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.EndUser;
import java.io.IOException;

/**
 * Reader of the members that name the user of a request: OpenAI's {@code user} and {@code
 * safety_identifier}, and {@code metadata.user_id} of Anthropic's messages. For one thread.
 */
final class EndUserReader {
  /**
   * The longest text that is read, in bytes of JSON. A longer one has more than {@link
   * EndUser#MAX_CHARACTERS} characters, so it is hashed where it is in the body: a body may consist
   * of one name.
   */
  private static final int MAX_BYTES = 4 << 10;

  private static final String USER = "user";
  private static final String USER_ID = "user_id";

  // Claude Code joins the ids of device, account and session in one text. The account is empty for
  // a user without one. Newer versions write a JSON object instead.
  private static final String JOINED_DEVICE = "user_";
  private static final String JOINED_ACCOUNT = "_account_";
  private static final String JOINED_SESSION = "_session_";
  private static final String DEVICE = "device_id";
  private static final String ACCOUNT = "account_uuid";
  private static final String SESSION = "session_id";

  private final JsonParser parser;
  private final BodyCursor cursor;
  private final byte[] body;
  private String user = "";
  private String safetyIdentifier = "";
  private String ofMetadata = "";

  EndUserReader(JsonParser parser, BodyCursor cursor, byte[] body) {
    this.parser = parser;
    this.cursor = cursor;
    this.body = body;
  }

  /** Reads {@code user} or {@code safety_identifier}; only a string counts. */
  void readName(String member, JsonToken value) throws IOException {
    String name = text(value);
    if (member.equals(USER)) {
      user = name;
    } else {
      safetyIdentifier = name;
    }
  }

  /** Reads the {@code metadata} of Anthropic's messages. */
  void readMetadata(JsonToken metadata) throws IOException {
    BodyCursor.Walk members = cursor.members(metadata);
    while (members.next()) {
      if (members.name().equals(USER_ID)) {
        ofMetadata = withoutSession(text(members.value()));
      }
    }
  }

  private String text(JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      return "";
    }
    int start = (int) parser.currentTokenLocation().getByteOffset() + 1;
    int end = endOfString(start);
    return end - start > MAX_BYTES
        ? EndUser.hash(body, start, end - start)
        : cursor.string(value).strip();
  }

  /** The index of the quote that ends a string. */
  private int endOfString(int start) {
    int i = start;
    while (i < body.length && body[i] != '"') {
      i += body[i] == '\\' ? 2 : 1;
    }
    return Math.min(i, body.length);
  }

  /** The first name that is given, in the order of the fields; empty if none is. */
  String endUser() {
    if (!user.isEmpty()) {
      return user;
    }
    return safetyIdentifier.isEmpty() ? ofMetadata : safetyIdentifier;
  }

  /** Coding agents add the id of a session, which would make each session a user of its own. */
  private static String withoutSession(String userId) {
    int account = userId.indexOf(JOINED_ACCOUNT);
    int accountId = account + JOINED_ACCOUNT.length();
    int session = account < 0 ? -1 : userId.indexOf(JOINED_SESSION, accountId);
    if (userId.startsWith(JOINED_DEVICE) && session >= 0) {
      return session > accountId
          ? userId.substring(accountId, session)
          : userId.substring(JOINED_DEVICE.length(), account);
    }
    return userId.startsWith("{") ? ofObject(userId) : userId;
  }

  private static String ofObject(String userId) {
    JsonNode ids;
    try {
      ids = Json.mapper().readTree(userId);
    } catch (JsonProcessingException e) {
      return userId;
    }
    String account = ids.path(ACCOUNT).asText("").strip();
    if (!account.isEmpty()) {
      return account;
    }
    boolean ofAgent = ids.has(DEVICE) || ids.has(ACCOUNT) || ids.has(SESSION);
    return ofAgent ? ids.path(DEVICE).asText("").strip() : userId;
  }
}
