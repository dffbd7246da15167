package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.jdbc.JdbcStores;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "master-key",
    description = "Change the key that encrypts the upstream keys in the database.")
final class MasterKeyCommand {
  @ParentCommand private Main main;

  @Command(
      description = {
        "Encrypt all upstream keys again with a new master key.",
        "If the master key is in a file beside the database, stop the server first: the file"
            + " gets a new key.",
        "If tollgate.master.key is set, put a new key before the old one, as 2:NEW,1:OLD, and"
            + " restart all servers. Then run this command, and remove the old key."
      })
  void rotate() {
    GatewayConfig config = GatewayConfig.load();
    config.database().file().ifPresent(Main::requireFile);
    MasterKey configured = config.masterKey();
    if (configured == null) {
      rotate(config, JdbcStores.masterKeyFile(config.database()).orElse(null));
    } else if (configured.hasOlder()) {
      print(sealAnew(config, configured));
    } else {
      throw new CliException(
          "tollgate.master.key holds one key; put a new one before it, as 2:NEW,1:OLD");
    }
  }

  /**
   * Rotates the master key in its file. An interrupted rotation leaves two keys in the file; it is
   * resumed.
   */
  private void rotate(GatewayConfig config, @Nullable Path file) {
    if (file == null || !Files.exists(file)) {
      throw new CliException("there is no master key: neither tollgate.master.key nor a file");
    }
    try {
      Main.loadLibrary(config);
      addKey(config, file);
      int sealed = sealAnew(config, MasterKey.readOrCreate(file));
      MasterKey.keepNewest(file);
      print(sealed);
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void addKey(GatewayConfig config, Path file) {
    // Exclusive access: no other process may change the file or seal with its key meanwhile.
    JdbcStores alone = JdbcStores.openAlone(config.database(), null);
    try {
      if (!MasterKey.readOrCreate(file).hasOlder()) {
        var unused = MasterKey.addTo(file);
      }
    } finally {
      alone.close();
    }
  }

  private static int sealAnew(GatewayConfig config, MasterKey keys) {
    try (JdbcStores stores =
        config.masterKey() == null
            ? JdbcStores.openAlone(config.database(), keys)
            : JdbcStores.open(config.database(), keys)) {
      return Main.admin(stores).sealAnew();
    }
  }

  private void print(int sealed) {
    main.output().print(new Fields().add("upstream_keys", sealed));
  }
}
