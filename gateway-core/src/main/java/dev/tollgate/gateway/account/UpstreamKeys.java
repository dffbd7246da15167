package dev.tollgate.gateway.account;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The upstream keys that requests were sent with, current ones and old ones: what a request cost
 * can be asked only with the key that made it. Must be safe for use by many threads.
 */
public interface UpstreamKeys {
  /**
   * The id of a key, which says nothing of the key itself. Remembers the key if it is new; may
   * block then.
   *
   * @throws StoreUnavailableException if it is new and cannot be remembered now
   */
  String remember(Secret key);

  /**
   * The key with this id, if it was ever remembered. May block.
   *
   * @throws StoreUnavailableException if that cannot be found out now
   */
  Optional<Secret> find(String id);

  /** Keys that are remembered for as long as the process lives. */
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

  /** The id of a key: 16 hexadecimal digits of its SHA-256. */
  static String idOf(Secret key) {
    return KeyFingerprint.of(key.reveal()).hex().substring(0, 16);
  }
}
