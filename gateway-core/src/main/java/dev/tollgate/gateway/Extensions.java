package dev.tollgate.gateway;

import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The {@link GatewayCustomizer}s that lie beside a gateway. */
final class Extensions {
  private static final Logger LOG = System.getLogger(Extensions.class.getName());
  private static final String SETTING = "tollgate.extensions";

  private Extensions() {}

  /**
   * Lets all that are found customize a gateway.
   *
   * @throws ConfigException if the folder cannot be read, or one of them cannot be made
   */
  static void apply(GatewayBuilder builder, GatewayConfig config) {
    Path folder = config.extensions();
    ClassLoader loader = Gateway.class.getClassLoader();
    if (folder != null) {
      URLClassLoader jars = new URLClassLoader(jars(folder), loader);
      builder.closeWith(jars);
      loader = jars;
    }
    int found = 0;
    try {
      for (GatewayCustomizer customizer : ServiceLoader.load(GatewayCustomizer.class, loader)) {
        LOG.log(Level.INFO, "customized by {0}", customizer.getClass().getName());
        customizer.customize(builder, config);
        found++;
      }
    } catch (ServiceConfigurationError e) {
      throw new ConfigException("cannot load an extension: " + e.getMessage(), e);
    }
    if (folder != null && found == 0) {
      LOG.log(
          Level.WARNING,
          "{0}: no jar in {1} declares a {2}",
          SETTING,
          folder,
          GatewayCustomizer.class.getName());
    }
  }

  private static URL[] jars(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<URL> urls = new ArrayList<>();
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
        urls.add(jar.toUri().toURL());
      }
      return urls.toArray(URL[]::new);
    } catch (IOException e) {
      throw new ConfigException(SETTING + ": cannot read the folder " + folder + ": " + e, e);
    }
  }
}
