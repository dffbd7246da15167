package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The packaged core. */
class CoreJarIT {
  private static final Path JAR = Path.of(System.getProperty("core.jar"));

  @Test
  void itHasAModuleNameOfItsOwn() {
    assertThat(ModuleFinder.of(JAR).find("dev.tollgate.gateway"))
        .hasValueSatisfying(module -> assertThat(module.descriptor().isAutomatic()).isTrue());
  }

  @Test
  void itHoldsNobodyElsesClasses() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName))
          .contains("dev/tollgate/gateway/Gateway.class")
          .allMatch(name -> name.startsWith("dev/tollgate/") || name.startsWith("META-INF/"));
    }
  }
}
