package dev.tollgate.gateway.flavor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random body of a chat request, kept as the pieces it is made of, so that what it should become
 * can be said without reading JSON.
 */
final class RandomChat {
  /** A member: its name as it reads, and how name and value are spelled. */
  static final class Piece {
    final String name;
    String spelledName;
    String value;

    /** What the value reads as if it is a string; null: it is none. */
    final String text;

    /** The value if it is an object of pieces; null: it is none. */
    final RandomChat object;

    private final String[] spaces;

    Piece(
        String name,
        String spelledName,
        String value,
        String text,
        RandomChat object,
        String... spaces) {
      this.name = name;
      this.spelledName = spelledName;
      this.value = value;
      this.text = text;
      this.object = object;
      this.spaces = spaces;
    }

    /** A member as the editor writes it. */
    static Piece plain(String name, String value) {
      return new Piece(name, "\"" + name + "\"", value, null, null, "", "", "", "");
    }

    String value() {
      return object == null ? value : object.toString();
    }

    @Override
    public String toString() {
      return spaces[0] + spelledName + spaces[1] + ":" + spaces[2] + value() + spaces[3];
    }
  }

  static final String[] MODELS = {
    "alias/one",
    "alias/one:free",
    "alias/o",
    "alias/o:nitro",
    "acme/m1",
    "openai/gpt-5.4",
    "openai/gpt-4o",
    "openai/gpt-oss-120b",
    "openai/o3-mini",
    "openai/o4-mini:free",
    "o3",
    "omni",
    "gpt-5",
    "",
    "caf\u00e9/\ud83d\ude00"
  };

  private static final String[] NAMES = {
    "model",
    "model",
    "models",
    "max_tokens",
    "max_tokens",
    "max_completion_tokens",
    "stream",
    "stream_options",
    "messages",
    "user",
    "Model",
    "max_output_tokens",
    "",
    "\ud83d\ude00",
    "a\"b\\c"
  };

  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "17",
    "4096",
    "1.0",
    "1.50",
    "1e3",
    "1E+2",
    "2e-7",
    "-12.5e+0",
    "0.0",
    "99999999999999999999",
    "1e400",
    "123456789.123456789123456789"
  };

  private static final String[] STRINGS = {
    "",
    "hi",
    "\"model\":\"o3\"",
    "{}",
    "}",
    "\\",
    "\n\t\u0001",
    "caf\u00e9",
    "\u4e2d\u6587",
    "\ud83d\ude00",
    "\u2028",
    "\u007f",
    "max_tokens",
    "null",
    "[\"",
    "\uffff"
  };

  private static final String[] NO_STRINGS = {"null", "7", "true", "[\"o3\"]", "{\"o3\":\"o3\"}"};
  private static final String[] NO_OBJECTS = {"null", "7.50", "true", "[{}]", "\"{\\\"a\\\":1}\""};

  private static final String[] SPACES = {"", "", "", "", " ", "\n  ", "\t", "\r\n", " \t\r\n "};

  final List<Piece> pieces = new ArrayList<>();
  private final String before;
  private final String after;

  /** White space between the braces of an object without members; stays before the last one. */
  private String inside = "";

  private RandomChat(String before, String after) {
    this.before = before;
    this.after = after;
  }

  static RandomChat body(Random random) {
    String mark = random.nextInt(20) == 0 ? "\ufeff" : "";
    RandomChat chat = new RandomChat(mark + space(random), space(random));
    int members = random.nextInt(12) == 0 ? random.nextInt(40) : random.nextInt(8);
    for (int i = 0; i < members; i++) {
      chat.pieces.add(piece(random, NAMES[random.nextInt(NAMES.length)]));
    }
    chat.inside = members == 0 ? space(random) : "";
    return chat;
  }

  /** The last member of a name; null: there is none. */
  Piece last(String name) {
    Piece last = null;
    for (Piece piece : pieces) {
      last = piece.name.equals(name) ? piece : last;
    }
    return last;
  }

  byte[] bytes() {
    return toString().getBytes(UTF_8);
  }

  @Override
  public String toString() {
    List<String> members = pieces.stream().map(Piece::toString).toList();
    return before + "{" + String.join(",", members) + inside + "}" + after;
  }

  private static Piece piece(Random random, String name) {
    String text = null;
    RandomChat object = null;
    String value = value(random, 3);
    boolean likely = random.nextInt(8) > 0;
    switch (name) {
      case "model" -> {
        text = likely ? MODELS[random.nextInt(MODELS.length)] : null;
        value = likely ? spelled(random, text) : NO_STRINGS[random.nextInt(NO_STRINGS.length)];
      }
      case "models" -> {
        if (likely) {
          String first = MODELS[random.nextInt(MODELS.length)];
          text = first;
          value =
              "["
                  + space(random)
                  + spelled(random, first)
                  + space(random)
                  + (random.nextBoolean() ? "" : "," + value(random, 2))
                  + "]";
        }
      }
      case "max_tokens", "max_completion_tokens" -> {
        if (likely) {
          value = random.nextInt(3) == 0 ? "null" : NUMBERS[random.nextInt(NUMBERS.length)];
        }
      }
      case "stream" -> value = likely ? "true" : value;
      case "stream_options" -> {
        if (likely) {
          object = options(random);
        } else {
          value = NO_OBJECTS[random.nextInt(NO_OBJECTS.length)];
        }
      }
      default -> {}
    }
    return new Piece(
        name,
        spelled(random, name),
        value,
        text,
        object,
        space(random),
        space(random),
        space(random),
        space(random));
  }

  private static RandomChat options(Random random) {
    RandomChat options = new RandomChat("", "");
    int members = random.nextInt(4);
    options.inside = members == 0 ? space(random) : "";
    for (int i = 0; i < members; i++) {
      Piece piece = piece(random, random.nextBoolean() ? "include_usage" : "include_obfuscation");
      if (random.nextBoolean()) {
        piece.value = random.nextBoolean() ? "true" : "false";
      }
      options.pieces.add(piece);
    }
    return options;
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> "true";
      case 1 -> "false";
      case 2 -> "null";
      case 3 -> NUMBERS[random.nextInt(NUMBERS.length)];
      case 4 -> spelled(random, STRINGS[random.nextInt(STRINGS.length)]);
      case 5, 6 -> {
        List<String> members = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          String name = spelled(random, NAMES[random.nextInt(NAMES.length)]);
          members.add(space(random) + name + ":" + value(random, depth - 1) + space(random));
        }
        yield "{" + String.join(",", members) + "}";
      }
      default -> {
        List<String> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(space(random) + value(random, depth - 1) + space(random));
        }
        yield "[" + String.join(",", items) + "]";
      }
    };
  }

  /** A string of JSON, each character as itself or in one of its escapes. */
  static String spelled(Random random, String text) {
    int escapes = random.nextInt(4) == 0 ? 3 : 1000;
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Both halves of a pair are spelled alike; half a pair is no UTF-8.
      boolean pair = Character.isSurrogate(c);
      if (pair ? escapes == 3 : c < ' ' || random.nextInt(escapes) == 0) {
        json.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
      } else if (c == '"' || c == '\\' || (c == '/' && random.nextInt(8) == 0)) {
        json.append('\\').append(c);
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  private static String space(Random random) {
    return SPACES[random.nextInt(SPACES.length)];
  }
}
