package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reader of the members that name the user of a request: OpenAI's {@code user} and {@code
 * safety_identifier}, and {@code metadata.user_id} of Anthropic's messages. For one thread.
 */
final class EndUserReader {
  private static final String USER = "user";
  private static final String USER_ID = "user_id";

  // Claude Code joins the ids of device, account and session in one text. The account is empty for
  // a user without one. Newer versions write a JSON object instead.
  private static final Pattern JOINED = Pattern.compile("user_(.*?)_account_(.*?)_session_.*");
  private static final String ACCOUNT = "account_uuid";
  private static final String DEVICE = "device_id";

  private final BodyCursor cursor;
  private String user = "";
  private String safetyIdentifier = "";
  private String ofMetadata = "";

  EndUserReader(BodyCursor cursor) {
    this.cursor = cursor;
  }

  /** Reads {@code user} or {@code safety_identifier}; only a string counts. */
  void readName(String member, JsonToken value) throws IOException {
    String name = cursor.string(value).strip();
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
        ofMetadata = withoutSession(cursor.string(members.value()).strip());
      }
    }
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
    Matcher joined = JOINED.matcher(userId);
    if (joined.matches()) {
      return joined.group(2).isEmpty() ? joined.group(1) : joined.group(2);
    }
    return userId.startsWith("{") ? ofObject(userId) : userId;
  }

  private static String ofObject(String userId) {
    try {
      JsonNode ids = Json.mapper().readTree(userId);
      String account = ids.path(ACCOUNT).asText("").strip();
      return account.isEmpty() ? ids.path(DEVICE).asText("").strip() : account;
    } catch (JsonProcessingException e) {
      return userId;
    }
  }
}
