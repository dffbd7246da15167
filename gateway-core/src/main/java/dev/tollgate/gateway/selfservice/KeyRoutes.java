package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.InferenceKeys.Outcome;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.ledger.Ledger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * OpenRouter's routes for API keys, {@code /keys} and {@code /keys/{hash}}: a project lists,
 * creates, reads, changes and deletes its inference keys. The hash of a key is the public part of
 * its id, without the prefix.
 */
final class KeyRoutes {
  /** The length of a page; OpenRouter's. */
  static final int PAGE = 100;

  private static final String PREFIX = "tg_";

  private final @Nullable InferenceKeys keys;
  private final Ledger ledger;
  private final InstantSource clock;

  /**
   * @param keys null: the embedding application manages the keys, and there is nothing to serve
   */
  KeyRoutes(@Nullable InferenceKeys keys, Ledger ledger, InstantSource clock) {
    this.keys = keys;
    this.ledger = ledger;
    this.clock = clock;
  }

  private InferenceKeys keys() {
    if (keys == null) {
      throw RefusedException.notFound();
    }
    return keys;
  }

  /** The hash of a key, as {@code /keys} shows it. */
  static String hash(ApiKey key) {
    return key.id().startsWith(PREFIX) ? key.id().substring(PREFIX.length()) : key.id();
  }

  /** The id of the key with this hash. A whole id is accepted, too. */
  static String id(String hash) {
    return hash.startsWith(PREFIX) ? hash : PREFIX + hash;
  }

  Reply list(Principal who, RawQuery query) {
    Parameters parameters = new Parameters(query);
    boolean all = parameters.flag("include_disabled");
    int offset = parameters.count("offset");
    List<Answer> page =
        keys().list(who.project().id()).stream()
            .filter(key -> all || !key.settings().disabled())
            .skip(offset)
            .limit(PAGE)
            .map(key -> entry(who, key))
            .toList();
    return Reply.ok(new Answer().add("data", page));
  }

  Reply create(Principal who, String text) {
    InferenceKeys all = keys();
    KeyBody body = KeyBody.ofNew(text);
    body.workspace().ifPresent(id -> Parameters.requireWorkspace(id, who.project().name()));
    KeySettings settings = body.settings();
    Instant expiresAt = body.expiresAt(clock.instant());
    Outcome outcome = all.create(who.project().id(), who.key().id(), settings, expiresAt);
    if (outcome instanceof Outcome.Created created) {
      return Reply.created(
          Answer.data(entry(who, created.key())).add("key", created.secret().reveal()));
    }
    throw refused(outcome, "");
  }

  Reply read(Principal who, String hash) {
    return keys().list(who.project().id()).stream()
        .filter(key -> key.id().equals(id(hash)))
        .findFirst()
        .map(key -> Reply.ok(Answer.data(entry(who, key))))
        .orElseThrow(() -> refused(new Outcome.Unknown(), hash));
  }

  Reply change(Principal who, String hash, String text) {
    InferenceKeys all = keys();
    KeyBody body = KeyBody.ofChange(text);
    Outcome outcome = all.change(who.project().id(), who.key().id(), id(hash), body::after);
    return Reply.ok(Answer.data(entry(who, done(outcome, hash))));
  }

  Reply delete(Principal who, String hash) {
    Outcome outcome = keys().delete(who.project().id(), who.key().id(), id(hash));
    var unused = done(outcome, hash);
    return Reply.ok(new Answer().add("deleted", true));
  }

  private static ApiKey done(Outcome outcome, String hash) {
    if (outcome instanceof Outcome.Done done) {
      return done.key();
    }
    throw refused(outcome, hash);
  }

  private static RefusedException refused(Outcome outcome, String hash) {
    return new RefusedException(
        outcome instanceof Outcome.Refused refused
            ? GatewayError.conflict(refused.why())
            : GatewayError.notFound("Key not found: " + RefusedException.quoted(hash)));
  }

  private Answer entry(Principal who, ApiKey key) {
    return KeyFacts.entry(
        key, who.project().name(), ledger.spending(who.project().id(), key.id(), clock.instant()));
  }
}
