package dev.tollgate.gateway.account;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All upstream keys that requests were sent with, current and old. The upstream tells the cost of a
 * request only to the key that sent it. Must be safe for use by many threads.
 */
public interface UpstreamKeys {
  /**
   * The id of a key, which reveals nothing about the key itself. Stores the key if it is new, and
   * may block then.
   *
   * @throws StoreUnavailableException if the key is new and cannot be stored now
   */
  String remember(Secret key);

  /**
   * The key with this id; empty: it was never stored. May block.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  Optional<Secret> find(String id);

  /** A store that keeps keys in memory, for the lifetime of the process. */
  static UpstreamKeys inMemory() {
    Map<String, Secret> keys = new ConcurrentHashMap<>();
    return new UpstreamKeys() {
      @Override
      public String remember(Secret key) {
        String id = idOf(key);
        keys.put(id, key);
        return id;
      }

      @Override
      public Optional<Secret> find(String id) {
        return Optional.ofNullable(keys.get(id));
      }
    };
  }

  /** The id of a key: the first 16 hexadecimal digits of its SHA-256. */
  static String idOf(Secret key) {
    return KeyFingerprint.of(key.reveal()).hex().substring(0, 16);
  }
}
