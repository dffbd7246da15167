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
import java.util.Base64;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals what the store must keep but nobody may read there (AES-256-GCM, NIST SP 800-38D). A sealed
 * text is base64 of: format (1 byte), key version (4 bytes), nonce (12), ciphertext and tag. It
 * opens only under the same context. Safe for use by many threads.
 */
public final class MasterKey {
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final byte FORMAT = 1;
  private static final int VERSION = 1;
  private static final int HEAD_BYTES = 1 + Integer.BYTES;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  private MasterKey(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  /**
   * Reads a key from its text form.
   *
   * @throws IllegalArgumentException if {@code base64} is not base64 of 32 bytes; the text is not
   *     repeated in the message
   */
  public static MasterKey parse(String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64.trim());
    } catch (IllegalArgumentException e) {
      bytes = new byte[0];
    }
    if (bytes.length != KEY_BYTES) {
      throw new IllegalArgumentException("a master key is base64 of 32 bytes");
    }
    return new MasterKey(bytes);
  }

  /**
   * Reads the key from {@code file}, or makes the file, readable by its owner alone, with a new
   * random key. Two processes must not do this at the same time.
   *
   * @throws IllegalArgumentException if the file holds no key or cannot be read or written
   */
  public static MasterKey readOrCreate(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      return parse(Files.readString(file, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read or write " + file, e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + " holds no key: " + e.getMessage(), e);
    }
  }

  private static void create(Path file) throws IOException {
    byte[] bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    String text = Base64.getEncoder().encodeToString(bytes) + "\n";
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    // Beside it first: a crash must not leave half a key under the name.
    Path made = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(made);
    try (FileChannel channel = FileChannel.open(made, options, OwnerOnly.attributes(made))) {
      ByteBuffer buffer = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      // A key that is lost in a crash after something was sealed with it cannot be made again.
      channel.force(true);
    }
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Seals {@code secret} for one context.
   *
   * @param context what the text is bound to, such as a project's id; authenticated, not stored
   */
  public String seal(Secret secret, String context) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, context);
      byte[] sealed = cipher.doFinal(secret.reveal().getBytes(StandardCharsets.UTF_8));
      ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + NONCE_BYTES + sealed.length);
      out.put(FORMAT).putInt(VERSION).put(nonce).put(sealed);
      return Base64.getEncoder().encodeToString(out.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES/GCM", e);
    }
  }

  /**
   * Opens what {@link #seal} made.
   *
   * @throws IllegalArgumentException if the text was sealed by another key or for another context,
   *     or was changed
   */
  public Secret open(String sealed, String context) {
    try {
      ByteBuffer in = ByteBuffer.wrap(Base64.getDecoder().decode(sealed));
      if (in.remaining() < HEAD_BYTES + NONCE_BYTES + TAG_BITS / Byte.SIZE
          || in.get() != FORMAT
          || in.getInt() != VERSION) {
        throw new IllegalArgumentException(
            "sealed in an unknown format or by an unknown key version");
      }
      byte[] nonce = new byte[NONCE_BYTES];
      in.get(nonce);
      byte[] text = new byte[in.remaining()];
      in.get(text);
      byte[] opened = cipher(Cipher.DECRYPT_MODE, nonce, context).doFinal(text);
      return Secret.of(new String(opened, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("does not open under this master key", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String context) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  @Override
  public String toString() {
    return "***";
  }
}
