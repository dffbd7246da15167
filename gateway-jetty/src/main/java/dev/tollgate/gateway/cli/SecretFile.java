package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file of an option that takes a secret. A secret is never an argument itself, because other
 * users of the machine can see those.
 */
final class SecretFile {
  private static final int MAX_BYTES = 64 << 10;

  private SecretFile() {}

  /**
   * Reads a secret.
   *
   * @param file a file name; - for standard input
   * @param what the secret in messages, such as "upstream key"
   */
  static Secret read(String file, String what) {
    byte[] bytes;
    try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(Path.of(file))) {
      bytes = in.readNBytes(MAX_BYTES);
    } catch (IOException | IllegalArgumentException e) {
      throw new CliException("cannot read the " + what + " from " + file + ": " + e, e);
    }
    try {
      return Secret.of(new String(bytes, StandardCharsets.UTF_8).trim());
    } catch (IllegalArgumentException e) {
      throw new CliException(file + " holds no " + what + ": " + e.getMessage(), e);
    }
  }
}
