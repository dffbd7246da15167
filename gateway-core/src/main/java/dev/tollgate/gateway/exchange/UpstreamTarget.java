package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The upstream's base URL and the operator's key for it.
 *
 * @param baseUrl the base URL without a trailing slash, such as {@code
 *     https://openrouter.ai/api/v1}
 * @param defaultKey the operator's key, for projects that have no key of their own and may use it;
 *     null: there is none
 */
public record UpstreamTarget(URI baseUrl, @Nullable Secret defaultKey) {
  /** The key for the calls of {@code project}; empty if the project has none. */
  public Optional<Secret> keyFor(Project project) {
    return switch (project.upstream().kind()) {
      case OWN -> Optional.ofNullable(project.upstream().key());
      case DEFAULT -> Optional.ofNullable(defaultKey);
      case NONE -> Optional.empty();
    };
  }
}
