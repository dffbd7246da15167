package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The ranks of docs/architecture.md: a package imports only lower ranks, never its own. */
class ArchitectureTest {
  private static final String ROOT = "dev.tollgate.gateway";
  private static final Map<String, Integer> RANKS =
      Map.ofEntries(
          Map.entry("http", 0),
          Map.entry("json", 0),
          Map.entry("sse", 0),
          Map.entry("metrics", 0),
          Map.entry("threads", 0),
          Map.entry("account", 0),
          Map.entry("ledger", 1),
          Map.entry("meter", 2),
          Map.entry("flavor", 3),
          Map.entry("exchange", 4),
          Map.entry("client", 0),
          Map.entry("upstream", 5),
          Map.entry("relay", 6),
          Map.entry("filter", 5),
          Map.entry("jdbc", 5),
          Map.entry("admin", 5),
          Map.entry("selfservice", 5),
          Map.entry("signal", 5),
          Map.entry("config", 7),
          Map.entry("", 8));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }

  @Test
  void everyPackageHasARank() {
    TreeSet<String> rooms =
        CLASSES.stream().map(ArchitectureTest::room).collect(Collectors.toCollection(TreeSet::new));
    assertThat(rooms).isNotEmpty().isSubsetOf(RANKS.keySet());
  }

  @Test
  void aPackageImportsOnlyLowerRanks() {
    List<String> wrong =
        CLASSES.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(d -> d.getTargetClass().getPackageName().startsWith(ROOT))
            .filter(d -> !room(d.getOriginClass()).equals(room(d.getTargetClass())))
            .filter(d -> RANKS.get(room(d.getOriginClass())) <= RANKS.get(room(d.getTargetClass())))
            .map(Dependency::getDescription)
            .toList();
    assertThat(wrong).isEmpty();
  }

  /** So that none can die without liveness failing. */
  @Test
  void longLivedThreadsAreStartedInOnePlace() {
    List<String> wrong =
        CLASSES.stream()
            .filter(type -> !room(type).equals("threads"))
            .flatMap(type -> type.getCodeUnitCallsFromSelf().stream())
            .filter(
                call ->
                    Set.of(
                                    Thread.class.getName(),
                                    ThreadPoolExecutor.class.getName(),
                                    ScheduledThreadPoolExecutor.class.getName())
                                .contains(call.getTargetOwner().getName())
                            && call.getName().equals("<init>")
                        || call.getTargetOwner().getName().equals(Executors.class.getName()))
            .map(call -> call.getDescription())
            .toList();
    assertThat(wrong).isEmpty();
  }

  /** So that no text of a tenant or the upstream makes a database refuse a statement. */
  @Test
  void textsAreBoundToStatementsInOnePlace() {
    Set<String> ownTextsOnly = Set.of("Query", "PostgresDialect", "SqliteDialect");
    List<String> wrong =
        CLASSES.stream()
            .filter(type -> !ownTextsOnly.contains(type.getSimpleName()))
            .flatMap(type -> type.getMethodCallsFromSelf().stream())
            .filter(
                call -> call.getTargetOwner().getName().equals(PreparedStatement.class.getName()))
            .filter(call -> Set.of("setString", "setObject").contains(call.getName()))
            .map(call -> call.getDescription())
            .toList();
    assertThat(wrong).isEmpty();
  }

  @Test
  void noTypeOfJettyIsInThePublicApi() {
    List<String> wrong =
        CLASSES.stream()
            // A room of its own that no embedder is promised.
            .filter(type -> !room(type).equals("upstream"))
            .filter(
                type ->
                    type.getModifiers()
                        .contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC))
            .flatMap(type -> type.getMethods().stream())
            .filter(
                method ->
                    method
                        .getModifiers()
                        .contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC))
            .filter(
                method ->
                    method.getRawReturnType().getPackageName().startsWith("org.eclipse.jetty")
                        || method.getRawParameterTypes().stream()
                            .anyMatch(p -> p.getPackageName().startsWith("org.eclipse.jetty")))
            .map(method -> method.getFullName())
            .toList();
    assertThat(wrong).isEmpty();
  }
}
