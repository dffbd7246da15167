package dev.tollgate.gateway.upstream;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.meter.Endpoints;
import dev.tollgate.gateway.meter.ModelPrice;
import dev.tollgate.gateway.meter.ProviderChoice;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.eclipse.jetty.client.ContentResponse;
import org.jspecify.annotations.Nullable;

/**
 * Cache of the prices of each model's endpoints, as an {@code openrouter} upstream states them.
 * Safe for use by many threads; no method blocks.
 *
 * <pre>
 *   unknown -> requested, once for all callers -> known -> refreshed, old prices in use meanwhile
 *                                           `--> failed, for 5 s -> unknown
 * </pre>
 */
public final class EndpointPrices {
  private static final Logger LOG = System.getLogger(EndpointPrices.class.getName());

  // A popular model has 30 endpoints of 1 KB each.
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_MODELS = 2_000;
  private static final int NOT_FOUND = 404;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** Either the endpoints or the reason why there are none. */
  private record Answer(@Nullable Endpoints endpoints, @Nullable Throwable failure) {}

  private final UpstreamClient upstream;
  private final String models;
  private final @Nullable Secret key;
  private final Predicate<String> listed;
  private final Executor executor;
  private final AsyncLoadingCache<String, Answer> answers;

  /**
   * @param listed whether the list of models contains exactly this name
   * @param refresh age from which an answer is requested again
   * @param executor parses the answers, which may take a while
   */
  public EndpointPrices(
      UpstreamClient upstream,
      UpstreamTarget target,
      Predicate<String> listed,
      Duration refresh,
      Executor executor) {
    this(upstream, target, listed, refresh, executor, Ticker.systemTicker());
  }

  EndpointPrices(
      UpstreamClient upstream,
      UpstreamTarget target,
      Predicate<String> listed,
      Duration refresh,
      Executor executor,
      Ticker ticker) {
    this.upstream = upstream;
    this.models = target.baseUrl() + "/models/";
    this.key = target.defaultKey();
    this.listed = listed;
    this.executor = executor;
    Duration keep = refresh.multipliedBy(2);
    this.answers =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .ticker(ticker)
            .maximumSize(MAX_MODELS)
            .refreshAfterWrite(refresh)
            .expireAfter(
                Expiry.<String, Answer>writing(
                    (model, answer) -> answer.endpoints() == null ? RETRY : keep))
            .buildAsync(new Loader());
  }

  /**
   * The highest price at which each of these models may be served; an empty price: not known. A
   * model without endpoints is left out.
   *
   * @param models names on the upstream's list only: each new name costs a call
   * @return fails if the upstream does not answer with prices; completes on a thread that must not
   *     be blocked
   */
  public CompletionStage<Map<String, Optional<ModelPrice>>> dearest(
      List<String> models, ProviderChoice choice) {
    CompletionStage<Map<String, Optional<ModelPrice>>> all =
        CompletableFuture.completedFuture(new HashMap<>());
    for (String model : models) {
      all =
          all.thenCombine(
              find(model),
              (prices, endpoints) -> {
                if (!endpoints.isEmpty()) {
                  prices.put(model, endpoints.dearest(choice));
                }
                return prices;
              });
    }
    return all;
  }

  /**
   * The endpoints of a model. Ask only for models on the upstream's list: each new name costs a
   * call.
   *
   * @return fails if the upstream does not answer with prices; completes on a thread that must not
   *     be blocked
   */
  CompletionStage<Endpoints> find(String model) {
    if (!isPath(model)) {
      return CompletableFuture.completedFuture(Endpoints.NONE);
    }
    return answers
        .get(slug(model))
        .thenCompose(
            answer -> {
              Endpoints endpoints = answer.endpoints();
              return endpoints != null
                  ? CompletableFuture.completedFuture(endpoints)
                  : CompletableFuture.failedFuture(failure(answer));
            });
  }

  /** Whether the name has the form author/slug. */
  private static boolean isPath(String model) {
    String[] segments = model.split("/", -1);
    return segments.length == 2 && Route.isSegment(segments[0]) && Route.isSegment(segments[1]);
  }

  private static Throwable failure(Answer answer) {
    return answer.failure() == null ? new IllegalStateException("no answer") : answer.failure();
  }

  /**
   * The name under which the endpoints are listed. A suffix such as {@code :nitro} only chooses
   * among a model's endpoints and is cut off. A free model has its own endpoints and keeps its
   * suffix.
   */
  private String slug(String model) {
    int colon = model.lastIndexOf(':');
    return colon <= model.lastIndexOf('/') || model.endsWith(":free") || listed.test(model)
        ? model
        : model.substring(0, colon);
  }

  private final class Loader implements AsyncCacheLoader<String, Answer> {
    @Override
    public CompletableFuture<Answer> asyncLoad(String model, Executor ignored) {
      return ask(model);
    }

    /** Keeps the last prices while the upstream fails, as {@link PriceList} does. */
    @Override
    public CompletableFuture<Answer> asyncReload(String model, Answer last, Executor ignored) {
      return ask(model).thenApply(answer -> answer.endpoints() == null ? last : answer);
    }
  }

  private CompletableFuture<Answer> ask(String model) {
    // Called within a stage, so an exception from a closed client fails the stage.
    return CompletableFuture.completedFuture(URI.create(models + model + "/endpoints"))
        .thenCompose(uri -> upstream.get(uri, key, TIMEOUT, MAX_BYTES))
        .thenApplyAsync(this::read, executor)
        .handle(
            (endpoints, failure) -> {
              if (failure != null) {
                LOG.log(
                    Level.WARNING,
                    "cannot read the endpoints of {0}: {1}",
                    model,
                    String.valueOf(failure.getMessage()));
              }
              return new Answer(endpoints, failure);
            });
  }

  private Endpoints read(ContentResponse answer) {
    if (answer.getStatus() == NOT_FOUND) {
      return Endpoints.NONE;
    }
    if (answer.getStatus() != 200) {
      throw new IllegalArgumentException("status " + answer.getStatus());
    }
    return Endpoints.read(answer.getContent());
  }
}
