package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.KeyChange;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.Metadata;
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
    description =
        "Create, list, configure, disable, enable, rotate and revoke the API keys of a project.")
final class KeyCommand {
  @ParentCommand private Main main;

  /** The parameters that name a key. */
  static final class KeyOfProject {
    @Parameters(index = "0", paramLabel = "NAME", description = "The project.")
    private String project;

    @Parameters(index = "1", paramLabel = "KEYID", description = "As listed, such as tg_a1b2c3d4.")
    private String id;
  }

  /** What people note about a key. */
  static final class Notes {
    @Option(
        names = "--name",
        paramLabel = "TEXT",
        description = "A name for people, at most 100 characters; '' for none.")
    private @Nullable String name;

    @Option(
        names = "--metadata",
        paramLabel = "JSON",
        description =
            "A JSON object of at most 1,024 bytes, such as '{\"team\":\"search\"}'; '' for none.")
    private @Nullable String metadata;

    KeyChange with(LimitsChange limits) {
      return new KeyChange(name, metadata == null ? null : Metadata.parse(metadata), null, limits);
    }
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
      @Mixin Notes notes,
      @Mixin LimitOptions.OfKey limits) {
    KeySpec spec =
        new KeySpec(
            manage ? ApiKey.Kind.MANAGEMENT : ApiKey.Kind.INFERENCE,
            expires == null ? null : Main.read("--expires", expires, Durations::parse),
            notes.with(limits.change()).after(KeySettings.NONE));
    main.print(admin -> Fields.newKey(name, admin.createKey(name, spec)));
  }

  @Command(description = "List the keys of a project, including revoked ones.")
  void list(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    main.printAll(admin -> admin.listKeys(name), Fields::key);
  }

  @Command(
      description = {
        "Change a key's name, metadata and spending caps. What is not given keeps its value."
      })
  void configure(@Mixin KeyOfProject key, @Mixin Notes notes, @Mixin LimitOptions.OfKey limits) {
    KeyChange change = notes.with(limits.change());
    if (!change.isMade()) {
      throw new CliException(
          "nothing to configure: an option is missing (see tollgate key configure --help)");
    }
    main.print(admin -> Fields.key(admin.configureKey(key.project, key.id, change)));
  }

  @Command(description = "Refuse the calls of a key until it is enabled again.")
  void disable(@Mixin KeyOfProject key) {
    setDisabled(key, true);
  }

  @Command(description = "Accept the calls of a disabled key again.")
  void enable(@Mixin KeyOfProject key) {
    setDisabled(key, false);
  }

  private void setDisabled(KeyOfProject key, boolean disabled) {
    KeyChange change = new KeyChange(null, null, disabled, LimitsChange.NONE);
    main.print(admin -> Fields.key(admin.configureKey(key.project, key.id, change)));
  }

  @Command(
      description = {
        "Replace a key with a new one of the same kind, settings and lifetime. The new key is shown"
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
