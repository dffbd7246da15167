package dev.tollgate.gateway.flavor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Any body is either malformed, as another parser says, or comes out as an editor of text makes it
 * that looks for the members by itself: every byte beside the edits where it was.
 */
public class ChatEditsFuzzTest {
  private static final Map<String, String> TABLE =
      Map.of("alias/one", "acme/one.1", "alias/o", "openai/o9");
  private static final ChatEdits SILENT = new ChatEdits(ModelAliases.of(TABLE), false);
  private static final ChatEdits ASKING = new ChatEdits(ModelAliases.of(TABLE), true);
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Member(String name, int nameFrom, int nameTo, int valueFrom, int valueTo) {}

  @FuzzTest
  public void anyBodyIsMalformedOrEditedAsTextIs(byte[] body) {
    byte[] before = body.clone();
    boolean wellFormed = ChatEditsOracleTest.isOneObject(body);
    for (ChatEdits edits : List.of(SILENT, ASKING)) {
      byte[] result;
      try {
        result = edits.apply(body);
      } catch (MalformedBodyException e) {
        assertThat(wellFormed && !hasHalfCharacter(body)).as("well-formed").isFalse();
        continue;
      }
      assertThat(wellFormed).as("well-formed").isTrue();
      assertThat(new String(result, UTF_8))
          .isEqualTo(edited(new String(body, UTF_8), edits == ASKING));
      assertThat(edits.apply(result)).as("edited again").isSameAs(result);
    }
    assertThat(body).isEqualTo(before);
  }

  /** A name with half a surrogate pair escaped is read by one of Jackson's parsers only. */
  private static boolean hasHalfCharacter(byte[] body) {
    return new String(body, UTF_8).matches("(?s).*\\\\u[dD][89a-fA-F].*");
  }

  private static String edited(String body, boolean asks) {
    List<Member> chat = members(body, body.indexOf('{'));
    Member model = last(chat, "model");
    Member models = last(chat, "models");
    List<Object[]> edits = new ArrayList<>();
    String decides = "";
    if (model != null && body.charAt(model.valueFrom) == '"') {
      decides = text(body, model.valueFrom, model.valueTo);
      String bare = decides.replaceFirst("(?s):.*", "");
      if (TABLE.containsKey(bare)) {
        decides = TABLE.get(bare) + decides.substring(bare.length());
        edits.add(new Object[] {model.valueFrom, model.valueTo, json(decides)});
      }
    } else if (models != null && body.charAt(models.valueFrom) == '[') {
      int first = skipSpace(body, models.valueFrom + 1);
      decides = body.charAt(first) == '"' ? text(body, first, valueEnd(body, first)) : "";
    }
    editCap(body, chat, refusesMaxTokens(decides), edits);
    Member stream = last(chat, "stream");
    if (asks && stream != null && value(body, stream).equals("true")) {
      Member options = last(chat, "stream_options");
      if (options == null) {
        set(chat, body.indexOf('{'), "stream_options", "{\"include_usage\":true}", edits);
      } else if (body.charAt(options.valueFrom) == '{') {
        List<Member> inner = members(body, options.valueFrom);
        if (last(inner, "include_usage") == null) {
          set(inner, options.valueFrom, "include_usage", "true", edits);
        }
      }
    }
    // An insertion comes before what is replaced behind it; the sort is stable: of two insertions
    // at one place the first stays first.
    edits.sort(
        Comparator.<Object[]>comparingInt(edit -> (int) edit[0])
            .thenComparingInt(edit -> (int) edit[1]));
    StringBuilder result = new StringBuilder();
    int at = 0;
    for (Object[] edit : edits) {
      result.append(body, at, (int) edit[0]).append(edit[2]);
      at = (int) edit[1];
    }
    return result.append(body, at, body.length()).toString();
  }

  private static void editCap(
      String body, List<Member> chat, boolean refuses, List<Object[]> edits) {
    Member all = last(chat, "max_tokens");
    Member some = last(chat, "max_completion_tokens");
    boolean hasAll = all != null && !value(body, all).equals("null");
    boolean hasSome = some != null && !value(body, some).equals("null");
    if (!hasAll && !hasSome) {
      String name = refuses ? "max_completion_tokens" : "max_tokens";
      set(chat, body.indexOf('{'), name, "4096", edits);
    } else if (hasAll && some == null && refuses) {
      edits.add(new Object[] {all.nameFrom, all.nameTo, "\"max_completion_tokens\""});
    }
  }

  private static boolean refusesMaxTokens(String model) {
    String name = model.startsWith("openai/") ? model.substring("openai/".length()) : model;
    return name.startsWith("gpt-5") || name.matches("(?s)o[0-9]+([^0-9A-Za-z].*)?");
  }

  private static void set(
      List<Member> object, int brace, String name, String json, List<Object[]> edits) {
    Member member = last(object, name);
    if (member != null) {
      edits.add(new Object[] {member.valueFrom, member.valueTo, json});
    } else {
      String added = '"' + name + "\":" + json + (object.isEmpty() ? "" : ",");
      edits.add(new Object[] {brace + 1, brace + 1, added});
    }
  }

  private static Member last(List<Member> object, String name) {
    Member last = null;
    for (Member member : object) {
      last = member.name.equals(name) ? member : last;
    }
    return last;
  }

  private static String value(String body, Member member) {
    return body.substring(member.valueFrom, member.valueTo);
  }

  /** The members of the object, known to be one, that begins here. */
  private static List<Member> members(String body, int brace) {
    List<Member> members = new ArrayList<>();
    int at = skipSpace(body, brace + 1);
    while (body.charAt(at) != '}') {
      int nameTo = valueEnd(body, at);
      int value = skipSpace(body, skipSpace(body, nameTo) + 1);
      int end = valueEnd(body, value);
      members.add(new Member(text(body, at, nameTo), at, nameTo, value, end));
      at = skipSpace(body, end);
      at = body.charAt(at) == ',' ? skipSpace(body, at + 1) : at;
    }
    return members;
  }

  private static int skipSpace(String body, int from) {
    int i = from;
    while (" \t\r\n".indexOf(body.charAt(i)) >= 0) {
      i++;
    }
    return i;
  }

  private static int valueEnd(String body, int from) {
    int depth = 0;
    boolean quoted = false;
    for (int i = from; ; i++) {
      char c = body.charAt(i);
      if (quoted) {
        i += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        depth++;
        continue;
      } else if (depth == 0 && i > from && " \t\r\n,:]}".indexOf(c) >= 0) {
        return i;
      } else if (c == '}' || c == ']') {
        depth--;
      }
      boolean scalar =
          body.charAt(from) != '"' && body.charAt(from) != '{' && body.charAt(from) != '[';
      if (!quoted && depth == 0 && !scalar && i > from) {
        return i + 1;
      }
    }
  }

  private static String text(String body, int from, int to) {
    try {
      return JSON.readValue(body.substring(from, to), String.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String json(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      boolean plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
      String escaped = c == '"' || c == '\\' ? "\\" + c : String.format("\\u%04x", (int) c);
      json.append(plain ? String.valueOf(c) : escaped);
    }
    return json.append('"').toString();
  }
}
