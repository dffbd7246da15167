package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and private keys of the server, reloaded when their file changes. New connections
 * get the new certificate; open connections continue. If the new file cannot be used, the old
 * certificate stays.
 */
final class TlsKeys implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TlsKeys.class.getName());
  private static final String KEY_STORE = "tollgate.http.tls.key-store";
  private static final String PASSWORD = "tollgate.http.tls.password";
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final Path file;
  private final char[] password;
  private final SslContextFactory.Server contextFactory = new SslContextFactory.Server();
  private @Nullable ScheduledExecutorService watcher;
  // Owned by the watcher once it runs.
  private Version version;

  /** Attributes that distinguish two versions of the file. */
  private record Version(FileTime modified, long bytes, @Nullable Object key) {
    static Version of(Path file) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }
  }

  /**
   * Reads the key store.
   *
   * @throws ConfigException if the key store cannot be used
   */
  TlsKeys(GatewayConfig.Tls tls) {
    file = tls.keyStore();
    password = tls.password().reveal().toCharArray();
    try {
      // Taken before the read, so a concurrent change is noticed later.
      version = Version.of(file);
    } catch (IOException e) {
      throw cannotRead(e);
    }
    contextFactory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
    // HTTP/2 forbids some TLS 1.2 ciphers (RFC 9113 9.2.2): prefer the others.
    contextFactory.setCipherComparator(HTTP2Cipher.COMPARATOR);
    contextFactory.setRenegotiationAllowed(false);
    contextFactory.setKeyStorePassword(tls.password().reveal());
    contextFactory.setKeyStore(load());
  }

  SslContextFactory.Server contextFactory() {
    return contextFactory;
  }

  /**
   * Starts to watch the file.
   *
   * @param watcher shut down by {@link #close}
   */
  void watch(ScheduledExecutorService watcher) {
    this.watcher = watcher;
    long millis = INTERVAL.toMillis();
    var unused = watcher.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      Version now = Version.of(file);
      if (now.equals(version)) {
        return;
      }
      version = now;
      KeyStore loaded = load();
      contextFactory.reload(factory -> factory.setKeyStore(loaded));
    } catch (NoSuchFileException e) {
      // The file is being replaced.
      LOG.log(Level.DEBUG, "file not found: {0}", file);
    } catch (ConfigException e) {
      LOG.log(Level.WARNING, "keeping the old certificate: {0}", e.getMessage());
    } catch (Exception e) {
      LOG.log(Level.WARNING, "keeping the old certificate: " + KEY_STORE + " " + file, e);
    }
  }

  private ConfigException cannotRead(IOException e) {
    String why =
        e instanceof NoSuchFileException
            ? "there is no such file"
            : e.getClass().getSimpleName() + ": " + e.getMessage();
    return new ConfigException(KEY_STORE + ": cannot read " + file + ": " + why);
  }

  private KeyStore load() {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw cannotRead(e);
    }
    try {
      // Despite its name, this type also reads JKS.
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), password);
      // Check the keys here: Jetty would find unusable keys only during the reload, which is too
      // late.
      KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm()).init(store, password);
      logCertificates(store);
      return store;
    } catch (IOException | GeneralSecurityException e) {
      boolean wrongPassword =
          e instanceof UnrecoverableKeyException
              || e.getCause() instanceof UnrecoverableKeyException;
      throw new ConfigException(
          wrongPassword
              ? PASSWORD + " does not open " + file
              : KEY_STORE + ": " + file + " is no PKCS12 or JKS key store");
    }
  }

  private void logCertificates(KeyStore store) throws GeneralSecurityException {
    int keys = 0;
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)
          && store.getCertificate(alias) instanceof X509Certificate certificate) {
        keys++;
        Instant end = certificate.getNotAfter().toInstant();
        boolean expired = end.isBefore(Instant.now());
        LOG.log(
            expired ? Level.WARNING : Level.INFO,
            "TLS certificate of {0}, {1} {2}",
            certificate.getSubjectX500Principal().getName(),
            expired ? "EXPIRED at" : "good until",
            end.toString());
      }
    }
    if (keys == 0) {
      throw new ConfigException(
          KEY_STORE + ": " + file + " holds no private key with a certificate");
    }
  }

  @Override
  public void close() {
    if (watcher != null) {
      watcher.shutdownNow();
    }
  }
}
