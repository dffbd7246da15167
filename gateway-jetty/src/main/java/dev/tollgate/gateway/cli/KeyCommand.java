package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.config.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "key",
    description = "Create, list, configure, rotate and revoke the API keys of a project.")
final class KeyCommand {
  @ParentCommand private Main main;

  /** The parameters that name a key. */
  static final class KeyOfProject {
    @Parameters(index = "0", paramLabel = "NAME", description = "The project.")
    private String project;

    @Parameters(index = "1", paramLabel = "KEYID", description = "As listed, such as tg_a1b2c3d4.")
    private String id;
  }

  @Command(description = "Create another API key. It is shown only once.")
  void create(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "Lifetime of the key: " + Durations.FORM + ".")
          @Nullable String expires,
      @Option(
              names = "--manage",
              description =
                  "Create a management key: it creates and revokes the project's inference key"
                      + " and cannot call models.")
          boolean manage,
      @Mixin LimitOptions.OfKey limits) {
    KeySpec spec =
        new KeySpec(
            manage ? ApiKey.Kind.MANAGEMENT : ApiKey.Kind.INFERENCE,
            expires == null ? null : Main.read("--expires", expires, Durations::parse),
            limits.change().after(Limits.NONE).caps());
    main.print(admin -> Fields.newKey(name, admin.createKey(name, spec)));
  }

  @Command(description = "List the keys of a project, including revoked ones.")
  void list(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    main.printAll(admin -> admin.listKeys(name), Fields::key);
  }

  @Command(description = "Change a key's spending caps. Caps that are not given keep their values.")
  void configure(@Mixin KeyOfProject key, @Mixin LimitOptions.OfKey limits) {
    LimitsChange change = limits.change();
    if (!change.isMade()) {
      throw new CliException("nothing to configure: --daily-cap or --monthly-cap is missing");
    }
    main.print(admin -> Fields.key(admin.configureKey(key.project, key.id, change)));
  }

  @Command(
      description = {
        "Replace a key with a new one of the same kind, caps and lifetime. The new key is shown"
            + " only once."
      })
  void rotate(
      @Mixin KeyOfProject key,
      @Option(
              names = "--grace",
              paramLabel = "TIME",
              defaultValue = "24h",
              description =
                  "How long the old key stays valid, unless it expires earlier; 0s: it is"
                      + " revoked at once. Default: 24h.")
          String grace) {
    Duration time = Main.read("--grace", grace, Durations::parse);
    main.print(admin -> Fields.rotated(key.project, admin.rotateKey(key.project, key.id, time)));
  }

  @Command(description = "Revoke a key permanently, on all servers within a second.")
  void revoke(@Mixin KeyOfProject key) {
    main.print(admin -> Fields.key(admin.revokeKey(key.project, key.id)));
  }
}
