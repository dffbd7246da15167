package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where calls are sent, and with which key.
 *
 * @param baseUrl the base URL, without a slash at its end, such as {@code
 *     https://openrouter.ai/api/v1}
 * @param defaultKey the operator's key for projects that have none of their own and may use it;
 *     null: there is none
 */
public record UpstreamTarget(URI baseUrl, @Nullable Secret defaultKey) {
  /** The key for the calls of {@code project}; empty: it is not configured. */
  public Optional<Secret> keyFor(Project project) {
    return switch (project.upstream().kind()) {
      case OWN -> Optional.ofNullable(project.upstream().key());
      case DEFAULT -> Optional.ofNullable(defaultKey);
      case NONE -> Optional.empty();
    };
  }
}
