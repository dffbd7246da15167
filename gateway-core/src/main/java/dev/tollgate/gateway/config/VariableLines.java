package dev.tollgate.gateway.config;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The variables that a settings file sets, and the rest of the file. Values are read as systemd
 * reads an {@code EnvironmentFile} (systemd.exec(5)):
 *
 * <ul>
 *   <li>In single quotes each character stands for itself.
 *   <li>In double quotes a backslash is dropped before {@code " \ $ `}, and stays before others.
 *   <li>Without quotes each backslash is dropped, and blanks at both ends are. A quote within such
 *       a value belongs to it.
 *   <li>A backslash at the end of a line continues the line, except in single quotes.
 * </ul>
 *
 * @param values the values by the names of the variables; of two lines with one name, the last
 *     counts
 * @param rest the lines that set no variable
 */
record VariableLines(Map<String, String> values, String rest) {
  /** Begins a line such as {@code TOLLGATE_HTTP_PORT=9000}. */
  private static final Pattern ASSIGNMENT = Pattern.compile("[ \\t]*([A-Z][A-Z0-9_]*)[ \\t]*=");

  private static final Pattern COMMENT = Pattern.compile("[ \\t]*[#!]");

  VariableLines {
    values = Map.copyOf(values);
  }

  /**
   * Parses the text of a file.
   *
   * @throws IllegalArgumentException if a quote is not closed: it would take in all other lines
   */
  static VariableLines parse(String text) {
    String file = text.replace("\r\n", "\n").replace('\r', '\n');
    Map<String, String> values = new HashMap<>();
    StringBuilder rest = new StringBuilder();
    Matcher assignment = ASSIGNMENT.matcher(file);
    int position = 0;
    while (position < file.length()) {
      if (assignment.region(position, file.length()).lookingAt()) {
        Value value = new Value(file, assignment.group(1), assignment.end());
        values.put(value.name, value.read());
        position = value.position;
      } else {
        int end = endOfProperty(file, position);
        rest.append(file, position, end);
        position = end;
      }
    }
    return new VariableLines(values, rest.toString());
  }

  /** The end of a line of properties: a backslash continues it, unless the line is a comment. */
  private static int endOfProperty(String file, int start) {
    boolean isComment = COMMENT.matcher(file).region(start, file.length()).lookingAt();
    int end = start;
    while (end < file.length()) {
      char next = file.charAt(end++);
      if (next == '\n') {
        return end;
      } else if (next == '\\' && !isComment && end < file.length()) {
        end++;
      }
    }
    return end;
  }

  /** Reader of one value. For one thread. */
  private static final class Value {
    private static final String ESCAPED_IN_QUOTES = "\"\\$`";

    private final String file;
    private final String name;
    private final StringBuilder value = new StringBuilder();
    private int position;

    /** Length of the value without the unquoted blanks at its end. */
    private int kept;

    Value(String file, String name, int start) {
      this.file = file;
      this.name = name;
      position = start;
    }

    /** Reads to the end of the line, and leaves the position behind it. */
    String read() {
      boolean isUnquoted = false;
      while (position < file.length()) {
        char next = file.charAt(position++);
        if (next == '\n') {
          break;
        } else if (next == '\\') {
          escape("");
          isUnquoted = true;
        } else if (!isUnquoted && (next == '"' || next == '\'')) {
          quoted(next);
        } else if (next != ' ' && next != '\t') {
          value.append(next);
          kept = value.length();
          isUnquoted = true;
        } else if (isUnquoted) {
          value.append(next);
        }
      }
      value.setLength(kept);
      return value.toString();
    }

    private void quoted(char quote) {
      while (position < file.length()) {
        char next = file.charAt(position++);
        if (next == quote) {
          kept = value.length();
          return;
        } else if (next == '\\' && quote == '"') {
          escape(ESCAPED_IN_QUOTES);
        } else {
          value.append(next);
        }
      }
      throw new IllegalArgumentException(
          "the value of " + name + " begins with " + quote + ", which is not closed");
    }

    /**
     * Reads the character after a backslash.
     *
     * @param escaped the characters before which the backslash is dropped; empty: all
     */
    private void escape(String escaped) {
      kept = value.length();
      if (position == file.length()) {
        return;
      }
      char next = file.charAt(position++);
      if (next == '\n') {
        return;
      }
      if (!escaped.isEmpty() && escaped.indexOf(next) < 0) {
        value.append('\\');
      }
      value.append(next);
      kept = value.length();
    }
  }
}
