package dev.tollgate.gateway.testkit;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What must be in no log line: the forms of secrets, and what tests ask and answer. */
public final class SecretShapes {
  /** What stands for a prompt in tests. */
  public static final String PROMPT = "a-prompt-nobody-else-may-read";

  /** What stands for an answer in tests. */
  public static final String COMPLETION = "an-answer-nobody-else-may-read";

  /** The admin token of the tests. */
  public static final String ADMIN_TOKEN = "an-admin-token-of-forty-characters-or-so";

  /** The master key of the tests. */
  public static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  private static final List<Pattern> SHAPES =
      List.of(
          // A project's key, or one for management; its id alone may be told.
          Pattern.compile("tgm?_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}"),
          // A key of an upstream.
          Pattern.compile("(?<![A-Za-z0-9_-])sk-[A-Za-z0-9]"),
          Pattern.compile("(?i)bearer\\s+[A-Za-z0-9._~+/-]{4}"),
          Pattern.compile("(?i)(x-api-key|authorization)\\s*[:=]\\s*\\S"),
          Pattern.compile(Pattern.quote(PROMPT)),
          Pattern.compile(Pattern.quote(COMPLETION)),
          Pattern.compile(Pattern.quote(ADMIN_TOKEN)),
          Pattern.compile(Pattern.quote(MASTER_KEY)),
          Pattern.compile("an-embedders-own-key"));

  private SecretShapes() {}

  /** What of a text is or may be a secret; empty: nothing. */
  public static Optional<String> find(String text) {
    for (Pattern shape : SHAPES) {
      Matcher found = shape.matcher(text);
      if (found.find()) {
        return Optional.of(found.group());
      }
    }
    return Optional.empty();
  }
}
