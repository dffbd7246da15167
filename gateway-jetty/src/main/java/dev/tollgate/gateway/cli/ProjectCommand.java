package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.AdminService.Configuration;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "project", description = "Make, show, configure, disable and enable projects.")
final class ProjectCommand {
  private static final int MAX_KEY_FILE_BYTES = 64 << 10;

  @ParentCommand private Main main;

  @Command(description = "Make a project and its first API key, which is shown this once.")
  void create(
      @Parameters(paramLabel = "NAME", description = "1 to 100 letters, digits, '.', '-' or '_'.")
          String name,
      @Option(
              names = "--balance",
              paramLabel = "USD",
              defaultValue = "0",
              description = "Its first credit, such as 5.00.")
          String balance,
      @Option(
              names = "--upstream-key-file",
              paramLabel = "FILE",
              description =
                  "Holds the project's own upstream key; - for standard input."
                      + " Without it the operator's default key is used.")
          @Nullable String upstreamKeyFile) {
    Money money = money(balance);
    Secret upstreamKey = upstreamKeyFile == null ? null : readSecret(upstreamKeyFile);
    Main.withNewAdmin(
        admin -> {
          Minted key = admin.createProject(name, money, upstreamKey);
          Map<String, @Nullable Object> fields = Output.fields();
          fields.put("project_name", name);
          fields.put("api_key", key.key().reveal());
          main.output().print(fields);
        });
  }

  @Command(description = "List all projects.")
  void list() {
    Main.withAdmin(
        admin ->
            main.output().print(admin.listProjects().stream().map(ProjectCommand::row).toList()));
  }

  @Command(description = "Show a project.")
  void show(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    Main.withAdmin(admin -> main.output().print(row(admin.showProject(name))));
  }

  @Command(
      description = "Change what a project pays, or its upstream key, from the next request on.")
  void configure(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Option(
              names = "--markup",
              paramLabel = "PERCENT",
              description = "What it pays on top of the upstream's cost, such as 10%%.")
          @Nullable String markup,
      @Option(
              names = "--upstream-key-file",
              paramLabel = "FILE",
              description = "Holds an upstream key of its own; - for standard input.")
          @Nullable String upstreamKeyFile,
      @Option(names = "--default-upstream", description = "Use the operator's default key again.")
          boolean defaultUpstream) {
    if (markup == null && upstreamKeyFile == null && !defaultUpstream) {
      throw new CliException(
          "nothing to configure: --markup, --upstream-key-file or --default-upstream is missing");
    }
    if (upstreamKeyFile != null && defaultUpstream) {
      throw new CliException("--upstream-key-file and --default-upstream exclude each other");
    }
    Configuration configuration =
        new Configuration(
            markup == null ? null : markup(markup),
            upstreamKeyFile == null ? null : readSecret(upstreamKeyFile),
            defaultUpstream);
    Main.withAdmin(
        admin -> {
          admin.configure(name, configuration);
          main.output().print(row(admin.showProject(name)));
        });
  }

  @Command(description = "Refuse all calls of a project from now on.")
  void disable(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    setEnabled(name, false);
  }

  @Command(description = "Let a disabled project's calls through again.")
  void enable(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    setEnabled(name, true);
  }

  private void setEnabled(String name, boolean enabled) {
    Main.withAdmin(
        admin -> {
          admin.setEnabled(name, enabled);
          main.output().print(row(admin.showProject(name)));
        });
  }

  private static Map<String, @Nullable Object> row(AdminService.Account account) {
    Map<String, @Nullable Object> row = Output.fields();
    row.put("project_name", account.project().name());
    row.put("enabled", account.project().enabled());
    row.put("balance", balance(account.balance()));
    row.put("markup", account.project().markup().toString());
    row.put("upstream_key", account.project().upstreamKey() == null ? "default" : "own");
    row.put("created_at", account.project().createdAt().toString());
    return row;
  }

  static Map<String, @Nullable Object> balance(Balance balance) {
    Map<String, @Nullable Object> fields = Output.fields();
    fields.put("total", balance.total().toString());
    fields.put("loaned", balance.loaned().toString());
    fields.put("available", balance.available().toString());
    return fields;
  }

  static Money money(String text) {
    try {
      return Money.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CliException("'" + text + "': " + e.getMessage(), e);
    }
  }

  private static Markup markup(String text) {
    try {
      return Markup.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CliException("--markup '" + text + "': " + e.getMessage(), e);
    }
  }

  private static Secret readSecret(String file) {
    byte[] bytes;
    try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(Path.of(file))) {
      bytes = in.readNBytes(MAX_KEY_FILE_BYTES);
    } catch (IOException | IllegalArgumentException e) {
      throw new CliException("cannot read the upstream key from " + file + ": " + e, e);
    }
    try {
      return Secret.of(new String(bytes, StandardCharsets.UTF_8).trim());
    } catch (IllegalArgumentException e) {
      throw new CliException(file + " holds no upstream key: " + e.getMessage(), e);
    }
  }
}
