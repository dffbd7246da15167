package dev.tollgate.gateway.account;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The master key, which seals secrets before they are stored (AES-256-GCM, NIST SP 800-38D). A
 * sealed text is base64 of: format (1 byte), key version (4 bytes), nonce (12), ciphertext and tag.
 * It opens only with the context it was sealed with. During a key rotation there are several
 * versions: the newest seals, and each version opens the texts it sealed. Safe for use by many
 * threads.
 */
public final class MasterKey {
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final byte FORMAT = 1;
  private static final int FIRST_VERSION = 1;
  private static final Pattern ENTRY = Pattern.compile("(?:([1-9][0-9]{0,8}):)?([A-Za-z0-9+/=]+)");
  private static final int HEAD_BYTES = 1 + Integer.BYTES;

  // By version, newest last.
  private final SortedMap<Integer, SecretKeySpec> keys;
  private final SecureRandom random = new SecureRandom();

  private MasterKey(SortedMap<Integer, SecretKeySpec> keys) {
    this.keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
  }

  /**
   * Parses one key, or a list of keys with their versions, such as {@code 2:NEW,1:OLD}. A key
   * without a version has version 1.
   *
   * @throws IllegalArgumentException if {@code text} is not base64 of 32 bytes, or such a list; the
   *     message does not repeat the text
   */
  public static MasterKey parse(String text) {
    SortedMap<Integer, SecretKeySpec> keys = new TreeMap<>();
    for (String entry : text.trim().split("\\s*,\\s*", -1)) {
      Matcher matcher = ENTRY.matcher(entry);
      byte[] bytes = matcher.matches() ? decode(matcher.group(2)) : new byte[0];
      if (bytes.length != KEY_BYTES) {
        throw new IllegalArgumentException("a master key must be base64 of 32 bytes");
      }
      int version = matcher.group(1) == null ? FIRST_VERSION : Integer.parseInt(matcher.group(1));
      if (keys.put(version, new SecretKeySpec(bytes, "AES")) != null) {
        throw new IllegalArgumentException("two master keys have the version " + version);
      }
    }
    return new MasterKey(keys);
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /** Whether there are older versions besides the newest. */
  public boolean hasOlder() {
    return keys.size() > 1;
  }

  /**
   * Adds a new key in front of those in {@code file}, which stay. Only one process may call this at
   * a time.
   *
   * @return the new and the previous keys
   * @throws IllegalArgumentException if the file holds no key or cannot be read or written
   */
  public static MasterKey addTo(Path file) {
    SortedMap<Integer, SecretKeySpec> keys = new TreeMap<>(readOrCreate(file).keys);
    keys.put(Math.addExact(keys.lastKey(), 1), randomKey());
    return new MasterKey(keys).writeTo(file);
  }

  /**
   * Removes all keys but the newest from {@code file}. Only one process may call this at a time.
   *
   * @throws IllegalArgumentException if the file holds no key or cannot be read or written
   */
  public static void keepNewest(Path file) {
    SortedMap<Integer, SecretKeySpec> keys = readOrCreate(file).keys;
    var unused = new MasterKey(keys.tailMap(keys.lastKey())).writeTo(file);
  }

  /**
   * Reads the key from {@code file}. If the file does not exist, creates it with a new random key,
   * readable only by its owner. Only one process may call this at a time.
   *
   * @throws IllegalArgumentException if the file holds no key or cannot be read or written
   */
  public static MasterKey readOrCreate(Path file) {
    if (!Files.exists(file)) {
      var unused = new MasterKey(new TreeMap<>(Map.of(FIRST_VERSION, randomKey()))).writeTo(file);
    }
    try {
      return parse(Files.readString(file, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file, e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + " holds no key: " + e.getMessage(), e);
    }
  }

  private static SecretKeySpec randomKey() {
    byte[] bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    return new SecretKeySpec(bytes, "AES");
  }

  /** The form that {@link #parse} reads, newest first. */
  private String text() {
    List<String> entries = new ArrayList<>();
    keys.forEach(
        (version, key) -> {
          String base64 = Base64.getEncoder().encodeToString(key.getEncoded());
          entries.add(0, version == FIRST_VERSION ? base64 : version + ":" + base64);
        });
    return String.join(",", entries);
  }

  private MasterKey writeTo(Path file) {
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    ByteBuffer buffer = StandardCharsets.US_ASCII.encode(text() + "\n");
    // Write to a temporary file first: a crash must not leave a truncated key under the final name.
    Path made = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(made);
      try (FileChannel channel = FileChannel.open(made, options, OwnerOnly.attributes(made))) {
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        // Sync to disk: if a crash loses the key, texts sealed with it can never be opened.
        channel.force(true);
      }
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      return this;
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot write " + file, e);
    }
  }

  /**
   * Seals {@code secret} for one context.
   *
   * @param context the data that the text is bound to, such as a project id; authenticated, not
   *     stored
   */
  public String seal(Secret secret, String context) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      int version = keys.lastKey();
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, version, nonce, context);
      byte[] sealed = cipher.doFinal(secret.reveal().getBytes(StandardCharsets.UTF_8));
      ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + NONCE_BYTES + sealed.length);
      out.put(FORMAT).putInt(version).put(nonce).put(sealed);
      return Base64.getEncoder().encodeToString(out.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES/GCM", e);
    }
  }

  /**
   * Opens a text from {@link #seal}.
   *
   * @throws IllegalArgumentException if the text was sealed with another key or for another
   *     context, or was modified
   */
  public Secret open(String sealed, String context) {
    try {
      ByteBuffer in = ByteBuffer.wrap(Base64.getDecoder().decode(sealed));
      if (in.remaining() < HEAD_BYTES + NONCE_BYTES + TAG_BITS / Byte.SIZE || in.get() != FORMAT) {
        throw new IllegalArgumentException("the sealed text has an unknown format");
      }
      int version = in.getInt();
      if (!keys.containsKey(version)) {
        throw new IllegalArgumentException(
            "the sealed text needs a key version that is not configured");
      }
      byte[] nonce = new byte[NONCE_BYTES];
      in.get(nonce);
      byte[] text = new byte[in.remaining()];
      in.get(text);
      byte[] opened = cipher(Cipher.DECRYPT_MODE, version, nonce, context).doFinal(text);
      return Secret.of(new String(opened, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the sealed text does not open with this master key", e);
    }
  }

  private Cipher cipher(int mode, int version, byte[] nonce, String context)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, keys.get(version), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  @Override
  public String toString() {
    return "***";
  }
}
