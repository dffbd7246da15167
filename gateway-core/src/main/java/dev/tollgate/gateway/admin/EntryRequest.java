package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.ledger.EndUser;
import dev.tollgate.gateway.ledger.Entry.Kind;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.Flag;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Entries of the ledger as an operator asks for them: those that fit every given value. A null
 * value fits any entry.
 *
 * @param project the name of a project
 * @param kind the name of a {@link Kind}
 * @param key the id of an API key
 * @param model the model that answered
 * @param user the project's own user, as requests name it
 * @param flag the name of a {@link Flag}
 */
public record EntryRequest(
    @Nullable String project,
    TimeRequest time,
    @Nullable String kind,
    @Nullable String key,
    @Nullable String model,
    @Nullable String user,
    @Nullable String flag) {
  /** All entries of a project. */
  public static EntryRequest ofProject(String project) {
    return new EntryRequest(project, TimeRequest.NONE, null, null, null, null, null);
  }

  EntryFilter filter(AdminContext context) {
    TimeSpan span = time.span(context.now());
    return new EntryFilter(
        context.projectId(project),
        span == null ? null : span.from(),
        span == null ? null : span.to(),
        constant("kind", kind, Kind.values()),
        key,
        model,
        user == null ? null : EndUser.of(user),
        constant("flag", flag, Flag.values()));
  }

  private static <E extends Enum<E>> @Nullable E constant(
      String name, @Nullable String text, E[] values) {
    if (text == null) {
      return null;
    }
    return Arrays.stream(values)
        .filter(value -> value.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new AdminException(
                    name
                        + " "
                        + RefusedException.quoted(text)
                        + " must be one of "
                        + Arrays.stream(values)
                            .map(Enum::toString)
                            .collect(Collectors.joining(", "))));
  }
}
