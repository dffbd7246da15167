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
    description = "Make, list, configure, rotate and revoke the API keys of a project.")
final class KeyCommand {
  @ParentCommand private Main main;

  /** The parameters that name a key. */
  static final class KeyOfProject {
    @Parameters(index = "0", paramLabel = "NAME", description = "The project.")
    private String project;

    @Parameters(index = "1", paramLabel = "KEYID", description = "As listed, such as tg_a1b2c3d4.")
    private String id;
  }

  @Command(description = "Make another API key, which is shown this once.")
  void create(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "Refuse it after this long: " + Durations.FORM + ".")
          @Nullable String expires,
      @Option(
              names = "--manage",
              description =
                  "It is for the project's own affairs: it makes and revokes a key for inference,"
                      + " and calls no model.")
          boolean manage,
      @Mixin LimitOptions.OfKey limits) {
    KeySpec spec =
        new KeySpec(
            manage ? ApiKey.Kind.MANAGEMENT : ApiKey.Kind.INFERENCE,
            expires == null ? null : Main.read("--expires", expires, Durations::parse),
            limits.change().after(Limits.NONE).caps());
    main.print(admin -> Fields.newKey(name, admin.createKey(name, spec)));
  }

  @Command(description = "List the keys of a project, revoked ones included.")
  void list(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    main.printAll(admin -> admin.listKeys(name), Fields::key);
  }

  @Command(description = "Change what may be spent with a key. What is not named stays.")
  void configure(@Mixin KeyOfProject key, @Mixin LimitOptions.OfKey limits) {
    LimitsChange change = limits.change();
    if (!change.isMade()) {
      throw new CliException("nothing to configure: --daily-cap or --monthly-cap is missing");
    }
    main.print(admin -> Fields.key(admin.configureKey(key.project, key.id, change)));
  }

  @Command(
      description = {
        "Make a key in another one's place, which is shown this once: of the same kind, with the"
            + " same caps, and for as long a time if the first was made for a time."
      })
  void rotate(
      @Mixin KeyOfProject key,
      @Option(
              names = "--grace",
              paramLabel = "TIME",
              defaultValue = "24h",
              description =
                  "How long the first one opens what it opens, unless it ends earlier by itself;"
                      + " 0s: it is revoked at once. Default: 24h.")
          String grace) {
    Duration time = Main.read("--grace", grace, Durations::parse);
    main.print(admin -> Fields.rotated(key.project, admin.rotateKey(key.project, key.id, time)));
  }

  @Command(description = "Revoke a key for good. It holds everywhere within a second.")
  void revoke(@Mixin KeyOfProject key) {
    main.print(admin -> Fields.key(admin.revokeKey(key.project, key.id)));
  }
}
