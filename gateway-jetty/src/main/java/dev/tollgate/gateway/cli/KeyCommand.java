package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.config.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "key", description = "Make, list and revoke the API keys of a project.")
final class KeyCommand {
  @ParentCommand private Main main;

  @Command(description = "Make another API key, which is shown this once.")
  void create(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "Refuse it after this long: " + Durations.FORM + ".")
          @Nullable String expires) {
    Duration lifetime = expires == null ? null : Main.duration("--expires", expires);
    Main.withAdmin(
        admin -> {
          Minted key = admin.createKey(name, lifetime);
          Map<String, @Nullable Object> fields = Output.fields();
          fields.put("project_name", name);
          fields.put("key_id", key.id());
          fields.put("api_key", key.key().reveal());
          main.output().print(fields);
        });
  }

  @Command(description = "List the keys of a project, revoked ones included.")
  void list(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    Main.withAdmin(
        admin -> main.output().print(admin.listKeys(name).stream().map(KeyCommand::row).toList()));
  }

  @Command(description = "Revoke a key for good. It holds everywhere within a second.")
  void revoke(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Parameters(paramLabel = "KEYID", description = "As listed, such as tg_a1b2c3d4.")
          String keyId) {
    Main.withAdmin(
        admin -> {
          admin.revokeKey(name, keyId);
          ApiKey revoked =
              admin.listKeys(name).stream()
                  .filter(key -> key.id().equals(keyId))
                  .findFirst()
                  .orElseThrow();
          main.output().print(row(revoked));
        });
  }

  private static Map<String, @Nullable Object> row(ApiKey key) {
    Map<String, @Nullable Object> row = Output.fields();
    row.put("key_id", key.id());
    row.put("created_at", key.createdAt().toString());
    row.put("expires_at", text(key.expiresAt()));
    row.put("revoked", key.revokedAt() != null);
    row.put("revoked_at", text(key.revokedAt()));
    return row;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
