package dev.tollgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  @TempDir Path directory;
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, String> parameters = new HashMap<>();

  private GatewayConfig read() {
    return new ConfigReader(properties, variables, directory, parameters).read();
  }

  private Path file(String... lines) throws Exception {
    return Files.writeString(
        directory.resolve("tollgate.properties"), String.join("\n", lines) + "\n");
  }

  // --- precedence

  @Test
  void withoutAnySourceTheDefaultsHold() {
    GatewayConfig config = read();

    assertThat(config.http())
        .isEqualTo(
            new GatewayConfig.Http(
                "127.0.0.1",
                8080,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                20_000,
                null,
                false));
    assertThat(config.target().baseUrl()).isEqualTo(URI.create("https://openrouter.ai/api/v1"));
    assertThat(config.target().defaultKey()).isNull();
    assertThat(config.upstream()).isEqualTo(UpstreamOptions.defaults());
    assertThat(config.database().file()).contains(Path.of("tollgate.db"));
    assertThat(config.masterKey()).isNull();
    assertThat(config.admin()).isEqualTo(GatewayConfig.Admin.OFF);
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
  }

  private void setPortEverywhere() throws Exception {
    properties.put("tollgate.http.port", "1");
    variables.put("TOLLGATE_HTTP_PORT", "2");
    file("tollgate.http.port=3");
    parameters.put("tollgate.http.port", "4");
  }

  @Test
  void aPropertyComesFirst() throws Exception {
    setPortEverywhere();

    assertThat(read().http().port()).isEqualTo(1);
  }

  @Test
  void aVariableComesSecond() throws Exception {
    setPortEverywhere();
    properties.clear();

    assertThat(read().http().port()).isEqualTo(2);
  }

  @Test
  void theFileComesThird() throws Exception {
    setPortEverywhere();
    properties.clear();
    variables.clear();

    assertThat(read().http().port()).isEqualTo(3);
  }

  @Test
  void aContextParameterComesLast() {
    parameters.put("tollgate.http.port", "4");

    assertThat(read().http().port()).isEqualTo(4);
  }

  @Test
  void eachSettingHasItsOwnPrecedence() throws Exception {
    properties.put("tollgate.http.host", "0.0.0.0");
    file("tollgate.http.port=3");

    assertThat(read().http())
        .isEqualTo(
            new GatewayConfig.Http(
                "0.0.0.0", 3, Duration.ofSeconds(60), Duration.ofSeconds(30), 20_000, null, false));
  }

  @Test
  void aBlankVariableIsUnset() throws Exception {
    variables.put("TOLLGATE_HTTP_PORT", " ");
    file("tollgate.http.port=3");

    assertThat(read().http().port()).isEqualTo(3);
  }

  @Test
  void aBlankPropertyIsABadValue() {
    properties.put("tollgate.http.port", "");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.http.port is invalid: ''");
  }

  @ParameterizedTest
  @CsvSource({
    "20MB, 20971520",
    "20MiB, 20971520",
    "1024, 1024",
    "' 64KB ', 65536",
    "1GB, 1073741824"
  })
  void aSizeIsANumberOfBytesOrHasAUnit(String text, long bytes) {
    properties.put("tollgate.limits.body", text);

    assertThat(read().maxBodyBytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1023", "0KB", "2GB", "1.5MB", "-1MB", "20 MB", "20mb", "MB"})
  void anotherSizeIsRefused(String text) {
    properties.put("tollgate.limits.body", text);

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.limits.body is invalid: '" + text + "'");
  }

  @Test
  void everySettingsVariableIsItsNameInCapitals() {
    assertThat(Settings.ALL)
        .extracting(Setting::variable)
        .doesNotHaveDuplicates()
        .contains("TOLLGATE_UPSTREAM_HEADERS_TIMEOUT", "TOLLGATE_RELAY_REDACT_ACCOUNT_ERRORS")
        .allMatch(name -> name.matches("TOLLGATE(_[A-Z]+)+"));
  }

  // --- unknown names

  @Test
  void anUnknownPropertyIsRefused() {
    properties.put("tollgate.htp.port", "1");
    properties.put("other.port", "1");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage("unknown setting tollgate.htp.port; did you mean tollgate.http.port?");
  }

  @Test
  void anUnknownPropertyInTheFileIsRefused() throws Exception {
    Path file = file("tollgate.http.port=1", "http.port=2");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "unknown setting http.port in " + file + "; docs/configuration.md lists all settings");
  }

  @Test
  void anUnknownContextParameterIsRefused() {
    parameters.put("tollgate.htp.port", "1");
    parameters.put("contextConfigLocation", "x");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "unknown setting tollgate.htp.port in the context parameters;"
                + " did you mean tollgate.http.port?");
  }

  @Test
  void namesAreCaseSensitive() {
    properties.put("tollgate.HTTP.port", "1");

    assertThatThrownBy(this::read).hasMessageContaining("tollgate.HTTP.port");
  }

  @Test
  void allUnknownNamesAreNamedInOneLine() {
    properties.put("tollgate.b", "1");
    properties.put("tollgate.a\nx", "1");

    assertThatThrownBy(this::read).hasMessageContaining("tollgate.a?x, tollgate.b");
  }

  @ParameterizedTest
  @CsvSource({
    "tollgate.http.prot, tollgate.http.port",
    "tollgate.upstream.idle-timout, tollgate.upstream.idle-timeout",
    "tollgate.master-key, tollgate.master.key",
    "tollgate.limits.bodymemory, tollgate.limits.body-memory"
  })
  void anUnknownPropertyIsRefusedWithTheSettingThatWasProbablyMeant(String wrong, String meant) {
    properties.put(wrong, "1");

    assertThatThrownBy(this::read)
        .hasMessage("unknown setting " + wrong + "; did you mean " + meant + "?");
  }

  @Test
  void anotherWordThanAnySettingHasNoSuggestion() {
    properties.put("tollgate.frobnicate", "1");

    assertThatThrownBy(this::read)
        .hasMessage(
            "unknown setting tollgate.frobnicate; docs/configuration.md lists all settings");
  }

  @Test
  void anUnknownVariableIsIgnored() {
    variables.put("TOLLGATE_PORT", "tcp://10.0.0.1:80");

    assertThatCode(this::read).doesNotThrowAnyException();
  }

  // --- the file

  @Test
  void aFileThatIsNamedByAPropertyIsRead() throws Exception {
    Path file = Files.writeString(directory.resolve("mine.properties"), "tollgate.http.port=5");
    file("tollgate.http.port=3");
    properties.put("tollgate.config", file.toString());

    assertThat(read().http().port()).isEqualTo(5);
  }

  @Test
  void aFileThatIsNamedByAVariableIsRead() throws Exception {
    Files.writeString(directory.resolve("mine.properties"), "tollgate.http.port=5");
    variables.put("TOLLGATE_CONFIG", "mine.properties");

    assertThat(read().http().port()).isEqualTo(5);
  }

  @Test
  void aFileThatIsNamedByAContextParameterIsRead() throws Exception {
    Files.writeString(directory.resolve("mine.properties"), "tollgate.http.port=5");
    parameters.put("tollgate.config", "mine.properties");

    assertThat(read().http().port()).isEqualTo(5);
  }

  @Test
  void aBlankVariableNamesNoFile() throws Exception {
    variables.put("TOLLGATE_CONFIG", "");
    file("tollgate.http.port=3");

    assertThat(read().http().port()).isEqualTo(3);
  }

  @Test
  void aNamedFileThatIsMissingIsRefused() {
    properties.put("tollgate.config", "missing.properties");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "tollgate.config: cannot read "
                + directory.resolve("missing.properties")
                + ": there is no such file");
  }

  @Test
  void aFileMayBeTheEnvironmentFileOfAService() throws Exception {
    file(
        "# of tollgate.service",
        "TOLLGATE_DATABASE_URL=jdbc:postgresql://host/tollgate",
        "TOLLGATE_DATABASE_PASSWORD=\"open sesame\"",
        "TOLLGATE_HTTP_PORT=5",
        "TOLLGATE_JAVA_OPTS=-Xmx1g",
        "OPENROUTER_API_KEY='sk-or-1'",
        "LANG=C");

    assertThat(read().http().port()).isEqualTo(5);
    assertThat(read().database().password()).isEqualTo(Secret.of("open sesame"));
    assertThat(read().target().defaultKey()).isEqualTo(Secret.of("sk-or-1"));
  }

  /** Each value of a line, and what systemd passes to a service. */
  static Stream<Arguments> valuesOfAnEnvironmentFile() {
    return Stream.of(
        Arguments.of("ab\"cd\"ef", "ab\"cd\"ef"),
        Arguments.of("it's", "it's"),
        Arguments.of("\"open sesame\"", "open sesame"),
        Arguments.of("'open \"sesame\"'", "open \"sesame\""),
        Arguments.of("  open sesame \t", "open sesame"),
        Arguments.of("\" open \"  ", " open "),
        Arguments.of("\"a\" 'b'", "ab"),
        Arguments.of("a\\tb\\\\c", "atb\\c"),
        Arguments.of("\"a\\tb\\\\c\\\"d\\$\"", "a\\tb\\c\"d$"),
        Arguments.of("'a\\tb\\\\c'", "a\\tb\\\\c"),
        Arguments.of("a\\\nb", "ab"),
        Arguments.of("a\\u0041", "au0041"),
        Arguments.of("a#b!c:d=e", "a#b!c:d=e"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("valuesOfAnEnvironmentFile")
  void aValueIsReadAsSystemdReadsIt(String line, String value) throws Exception {
    file("TOLLGATE_DATABASE_PASSWORD=" + line, "TOLLGATE_HTTP_PORT=5");

    assertThat(read().database().password()).isEqualTo(Secret.of(value));
    assertThat(read().http().port()).isEqualTo(5);
  }

  @Test
  void aQuoteThatIsNotClosedIsRefusedAndNotRepeated() throws Exception {
    Path file = file("TOLLGATE_DATABASE_PASSWORD='top-secret", "TOLLGATE_HTTP_PORT=5");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "tollgate.config: cannot read "
                + file
                + ": the value of TOLLGATE_DATABASE_PASSWORD begins with ', which is not closed");
  }

  @Test
  void aLongLineOfAPropertyIsRead() {
    String line = "a=" + "b\\\\".repeat(100_000) + "\n";

    assertThat(VariableLines.parse(line + "C=d").rest()).isEqualTo(line);
  }

  @Test
  void aValueInTwoLinesIsReadAsSystemdReadsIt() {
    assertThat(VariableLines.parse("A='x\ny'\r\nB=\"p\\\nq\"").values())
        .isEqualTo(Map.of("A", "x\ny", "B", "pq"));
  }

  @Test
  void aLineThatContinuesAPropertySetsNoVariable() throws Exception {
    file(
        "# a comment \\",
        "TOLLGATE_HTTP_PORT=5",
        "tollgate.database.user=to\\",
        "TOLLGATE_HTTP_PORT=6",
        "tollgate.http.host=\"quoted\".example");

    assertThat(read().http().port()).isEqualTo(5);
    assertThat(VariableLines.parse("a=b\\\nC=d\ne=f\\\\\nG=h\n"))
        .isEqualTo(new VariableLines(Map.of("G", "h"), "a=b\\\nC=d\ne=f\\\\\n"));
  }

  @Test
  void aVariableOfTheProcessComesBeforeOneOfTheFile() throws Exception {
    file("TOLLGATE_HTTP_PORT=5", "TOLLGATE_ADMIN_HTTP_PORT=");
    variables.put("TOLLGATE_HTTP_PORT", "6");

    assertThat(read().http().port()).isEqualTo(6);
    assertThat(read().admin().port()).isNull();
  }

  @Test
  void aFileThatSetsASettingByBothItsNamesIsRefused() throws Exception {
    Path file = file("tollgate.http.port=5", "TOLLGATE_HTTP_PORT=5");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(file + " sets both tollgate.http.port and TOLLGATE_HTTP_PORT; keep one");
  }

  @Test
  void aBadValueOfAVariableInTheFileIsNamedByTheVariable() throws Exception {
    file("TOLLGATE_HTTP_PORT=eighty");

    assertThatThrownBy(this::read).hasMessageStartingWith("TOLLGATE_HTTP_PORT is invalid:");
  }

  @Test
  void aFileWithSecretsThatAllUsersCanReadIsReported() throws Exception {
    Path file = file("tollgate.admin.token=" + "t".repeat(32));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    try (LogCapture log = new LogCapture()) {
      read();
      assertThat(log.lines())
          .anyMatch(
              line ->
                  line.contains(
                      "WARNING: all users can read the secrets in "
                          + file
                          + " (rw-r--r--); run chmod o-r "
                          + file));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tollgate.admin.token=0123456789abcdef0123456789abcdef, rw-r-----",
    "tollgate.http.port=5, rw-r--r--"
  })
  void aFileWithoutSecretsOrForItsGroupAloneIsNotReported(String line, String permissions)
      throws Exception {
    Path file = file(line);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    try (LogCapture log = new LogCapture()) {
      read();
      assertThat(log.lines()).noneMatch(each -> each.contains("can read"));
    }
  }

  @Test
  void aFileThatIsMissingWithoutBeingNamedIsFine() {
    assertThatCode(this::read).doesNotThrowAnyException();
  }

  @Test
  void aFileThatCannotBeReadIsRefusedAndNotRepeated() throws Exception {
    Path file = file("tollgate.upstream.key=top-secret-\\u12");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.config: cannot read " + file)
        .hasMessageNotContaining("top-secret");
  }

  @Test
  void aFileIsUtf8() throws Exception {
    file("tollgate.database.user=caf\u00e9", "tollgate.http.host=caf\u00e9.example");

    assertThat(read().http().host()).isEqualTo("caf\u00e9.example");
  }

  // --- the upstream key

  @Test
  void openRoutersOwnVariableIsRead() {
    variables.put("OPENROUTER_API_KEY", "sk-or-1");

    assertThat(read().target().defaultKey()).isEqualTo(Secret.of("sk-or-1"));
  }

  @Test
  void openRoutersOwnVariableComesAfterEverySource() {
    variables.put("OPENROUTER_API_KEY", "sk-or-1");
    parameters.put("tollgate.upstream.key", "sk-mine");

    assertThat(read().target().defaultKey()).isEqualTo(Secret.of("sk-mine"));
  }

  @Test
  void openRoutersOwnVariableIsReadWhenOursIsBlank() {
    variables.put("TOLLGATE_UPSTREAM_KEY", "");
    variables.put("OPENROUTER_API_KEY", "sk-or-1");

    assertThat(read().target().defaultKey()).isEqualTo(Secret.of("sk-or-1"));
  }

  @Test
  void openRoutersOwnVariableIsUnsetWhenItIsBlank() {
    variables.put("OPENROUTER_API_KEY", " ");

    assertThat(read().target().defaultKey()).isNull();
  }

  @Test
  void aBadKeyInOpenRoutersOwnVariableIsNamedAndNotRepeated() {
    variables.put("OPENROUTER_API_KEY", "sk-or-1\n");

    assertThatThrownBy(this::read)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "OPENROUTER_API_KEY is invalid: 8 characters; allowed: one line of printable ASCII");
  }

  // --- values

  static Stream<Arguments> goodValues() {
    return Stream.of(
        Arguments.of("tollgate.http.host", "::1"),
        Arguments.of("tollgate.http.port", "0"),
        Arguments.of("tollgate.http.port", "65535"),
        Arguments.of("tollgate.http.port", " 80 "),
        Arguments.of("tollgate.http.idle-timeout", "1ms"),
        Arguments.of("tollgate.http.headers-timeout", "5s"),
        Arguments.of("tollgate.http.max-connections", "1000000"),
        Arguments.of("tollgate.http.forwarded", "true"),
        Arguments.of("tollgate.upstream.url", "http://127.0.0.1:9/v1/"),
        Arguments.of("tollgate.upstream.profile", "generic"),
        Arguments.of("tollgate.upstream.max-connections", "1"),
        Arguments.of("tollgate.upstream.keep-alive-timeout", "4m"),
        Arguments.of("tollgate.upstream.max-queued", "1"),
        Arguments.of("tollgate.limits.exchanges", "1"),
        Arguments.of("tollgate.limits.body", "64KB"),
        Arguments.of("tollgate.relay.request-headers", ""),
        Arguments.of("tollgate.relay.request-headers", "X-A, X-B-*"),
        Arguments.of("tollgate.relay.redact-account-errors", "true"),
        Arguments.of("tollgate.relay.ask-for-usage", "false"),
        Arguments.of("tollgate.database.url", "jdbc:postgresql://localhost/a"),
        Arguments.of("tollgate.database.user", "tollgate"),
        Arguments.of("tollgate.database.password", "secret"),
        Arguments.of("tollgate.master.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        Arguments.of("tollgate.admin.token", "x".repeat(32)),
        Arguments.of("tollgate.admin.http.port", "0"),
        Arguments.of("tollgate.hold.mode", "strict"),
        Arguments.of("tollgate.hold.durability", "power"),
        Arguments.of("tollgate.hold.default-output-tokens", "1"),
        Arguments.of("tollgate.hold.unknown-price", "0.000000001"),
        Arguments.of("tollgate.prices.refresh", "1m"),
        Arguments.of("tollgate.prices.file", "prices.json"),
        Arguments.of("tollgate.limits.rate", "by-credit"),
        Arguments.of("tollgate.limits.rate", "999999/m"),
        Arguments.of("tollgate.limits.concurrency", "1000000"),
        Arguments.of("tollgate.balance.low", "0.5"),
        Arguments.of("tollgate.pinata.model-aliases", "a=b, c/d-1=c/d.1"),
        Arguments.of("tollgate.settle.first-delay", "100ms"),
        Arguments.of("tollgate.settle.max-delay", "1h"),
        Arguments.of("tollgate.settle.keep-hold", "2h"),
        Arguments.of("tollgate.settle.give-up-after", "2d"),
        Arguments.of("tollgate.settle.unresolved", "hold"),
        Arguments.of("tollgate.settle.max-cost", "5"),
        Arguments.of("tollgate.lease.ttl", "1s"),
        Arguments.of("tollgate.drain.delay", "0s"),
        Arguments.of("tollgate.drain.timeout", "1d"),
        Arguments.of("tollgate.extensions", System.getProperty("java.io.tmpdir")));
  }

  @ParameterizedTest
  @MethodSource("goodValues")
  void whatIsAllowedIsTaken(String name, String value) {
    assertThatCode(() -> GatewayConfig.of(Map.of(name, value))).doesNotThrowAnyException();
  }

  static Stream<Arguments> badValues() {
    return Stream.of(
        Arguments.of("tollgate.http.host", " "),
        Arguments.of("tollgate.http.port", "-1"),
        Arguments.of("tollgate.http.port", "65536"),
        Arguments.of("tollgate.http.port", "99999999999"),
        Arguments.of("tollgate.http.port", "http"),
        Arguments.of("tollgate.admin.http.port", "65536"),
        Arguments.of("tollgate.http.idle-timeout", "0s"),
        Arguments.of("tollgate.http.headers-timeout", "0s"),
        Arguments.of("tollgate.http.max-connections", "0"),
        Arguments.of("tollgate.http.tls.key-store", " "),
        Arguments.of("tollgate.http.forwarded", "yes"),
        Arguments.of("tollgate.upstream.url", "openrouter.ai"),
        Arguments.of("tollgate.upstream.url", "ftp://openrouter.ai"),
        Arguments.of("tollgate.upstream.url", "https://"),
        Arguments.of("tollgate.upstream.url", "https://a b"),
        Arguments.of("tollgate.upstream.url", "https://a.example/v1?x=1"),
        Arguments.of("tollgate.upstream.url", "https://a.example/v1#x"),
        Arguments.of("tollgate.upstream.profile", "openai"),
        Arguments.of("tollgate.upstream.connect-timeout", "10"),
        Arguments.of("tollgate.upstream.headers-timeout", "-5m"),
        Arguments.of("tollgate.upstream.idle-timeout", "0ms"),
        Arguments.of("tollgate.upstream.total-timeout", "1y"),
        Arguments.of("tollgate.upstream.keep-alive-timeout", "0s"),
        Arguments.of("tollgate.upstream.max-connections", "0"),
        Arguments.of("tollgate.upstream.max-queued", "0"),
        Arguments.of("tollgate.client.body-timeout", "0s"),
        Arguments.of("tollgate.client.write-timeout", "soon"),
        Arguments.of("tollgate.limits.exchanges", "0"),
        Arguments.of("tollgate.limits.body", "20 MB"),
        Arguments.of("tollgate.limits.body-memory", "1KB"),
        Arguments.of("tollgate.log.format", "xml"),
        Arguments.of("tollgate.relay.request-headers", "X-A,,X-B"),
        Arguments.of("tollgate.relay.request-headers", "Authorization"),
        Arguments.of("tollgate.relay.request-headers", "*"),
        Arguments.of("tollgate.relay.redact-account-errors", "yes"),
        Arguments.of("tollgate.relay.ask-for-usage", "auto"),
        Arguments.of("tollgate.database.url", "jdbc:postgresql://localhost"),
        Arguments.of("tollgate.database.url", "jdbc:mysql://localhost/a"),
        Arguments.of("tollgate.database.url", "jdbc:sqlite::memory:"),
        Arguments.of("tollgate.database.user", ""),
        Arguments.of("tollgate.hold.mode", "loose"),
        Arguments.of("tollgate.hold.durability", "disk"),
        Arguments.of("tollgate.hold.default-output-tokens", "0"),
        Arguments.of("tollgate.hold.unknown-price", "0"),
        Arguments.of("tollgate.hold.unknown-price", "-1"),
        Arguments.of("tollgate.prices.refresh", "0s"),
        Arguments.of("tollgate.prices.file", " "),
        Arguments.of("tollgate.limits.rate", "0/s"),
        Arguments.of("tollgate.limits.rate", "1000000/s"),
        Arguments.of("tollgate.limits.rate", "10/h"),
        Arguments.of("tollgate.limits.rate", "default"),
        Arguments.of("tollgate.limits.concurrency", "-1"),
        Arguments.of("tollgate.balance.low", "0"),
        Arguments.of("tollgate.pinata.model-aliases", "a"),
        Arguments.of("tollgate.limits.concurrency", "1000001"),
        Arguments.of("tollgate.settle.first-delay", "2"),
        Arguments.of("tollgate.settle.max-delay", "never"),
        Arguments.of("tollgate.settle.keep-hold", "an hour"),
        Arguments.of("tollgate.settle.give-up-after", "366d"),
        Arguments.of("tollgate.settle.unresolved", "forget"),
        Arguments.of("tollgate.settle.max-cost", "1e3"),
        Arguments.of("tollgate.lease.ttl", "0ms"),
        Arguments.of("tollgate.drain.delay", "366d"),
        Arguments.of("tollgate.drain.timeout", "soon"),
        Arguments.of("tollgate.extensions", "/no/such/folder"));
  }

  @ParameterizedTest
  @MethodSource("badValues")
  void aBadValueIsRefusedWithItsNameAndWhatIsAllowed(String name, String value) {
    assertThatThrownBy(() -> GatewayConfig.of(Map.of(name, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(name + " is invalid: '" + value + "'; allowed: " + allowed(name));
  }

  /** Found by the fuzzer: a password that should have been escaped, and so is no password. */
  @ParameterizedTest
  @ValueSource(strings = {"me:p/wd", "me:p@wd", "me:p/@wd", "me:p\u2028wd"})
  void aPasswordThatMakesAUrlBadIsNotRepeated(String login) {
    for (String name : List.of("tollgate.upstream.url", "tollgate.database.url")) {
      String url = name.endsWith("database.url") ? "jdbc:postgresql://" : "https://";
      assertThatThrownBy(() -> GatewayConfig.of(Map.of(name, url + login + "@a.example/b")))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith(name + " is invalid: '" + url + "***@a.example/b'");
    }
  }

  @Test
  void aPasswordInABadUrlIsNotRepeated() {
    assertThatThrownBy(
            () -> GatewayConfig.of(Map.of("tollgate.upstream.url", "https://me:pw@a.example/v1")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.upstream.url is invalid: 'https://***@a.example/v1'");
    assertThatThrownBy(
            () ->
                GatewayConfig.of(
                    Map.of("tollgate.database.url", "jdbc:postgresql:?password=pw&x=1")))
        .hasMessageContaining("password=***&x=1");
  }

  @Test
  void aKeyStoreAndItsPasswordAreSetTogetherOrNotAtAll() {
    assertThat(GatewayConfig.of(Map.of()).http().tls()).isNull();
    assertThat(
            GatewayConfig.of(
                    Map.of(
                        "tollgate.http.tls.key-store", "a.p12",
                        "tollgate.http.tls.password", "pw"))
                .http()
                .tls())
        .isEqualTo(new GatewayConfig.Tls(Path.of("a.p12"), Secret.of("pw")));
    assertThatThrownBy(() -> GatewayConfig.of(Map.of("tollgate.http.tls.key-store", "a.p12")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.http.tls.password is not set");
    assertThatThrownBy(() -> GatewayConfig.of(Map.of("tollgate.http.tls.password", "pw")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("tollgate.http.tls.key-store is not set");
  }

  static Stream<Arguments> badSecrets() {
    return Stream.of(
        Arguments.of("tollgate.upstream.key", "sk-t\u00f6p-secret"),
        Arguments.of("tollgate.upstream.key", ""),
        Arguments.of("tollgate.http.tls.password", "top\nsecret"),
        Arguments.of("tollgate.database.password", "top\nsecret"),
        Arguments.of("tollgate.master.key", "dG9wLXNlY3JldA=="),
        Arguments.of("tollgate.admin.token", "s".repeat(31)),
        Arguments.of("tollgate.admin.token", " ".repeat(32)),
        Arguments.of("tollgate.admin.token", "s".repeat(32) + "\r\n"));
  }

  @ParameterizedTest
  @MethodSource("badSecrets")
  void aBadSecretIsRefusedByItsLengthAlone(String name, String value) {
    assertThatThrownBy(() -> GatewayConfig.of(Map.of(name, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            name + " is invalid: " + value.length() + " characters; allowed: " + allowed(name));
  }

  @Test
  void everySettingHasATestOfABadValue() {
    Set<Object> tested =
        Stream.concat(badValues(), badSecrets())
            .map(arguments -> arguments.get()[0])
            .collect(Collectors.toSet());

    assertThat(Settings.ALL).extracting(Setting::name).allMatch(tested::contains);
  }

  private static String allowed(String name) {
    return Settings.ALL.stream()
        .filter(setting -> setting.name().equals(name))
        .findFirst()
        .orElseThrow()
        .allowed();
  }

  @Test
  void aBadValueIsShownInOneShortLine() {
    properties.put("tollgate.http.port", "a\r\nb" + "c".repeat(1_000));

    assertThatThrownBy(this::read)
        .hasMessageStartingWith("tollgate.http.port is invalid: 'a??bccc")
        .hasMessageContaining("ccc...'")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(250));
  }

  @Test
  void aBadValueOfAVariableIsNamedByTheVariable() {
    variables.put("TOLLGATE_HTTP_PORT", "x");

    assertThatThrownBy(this::read).hasMessageStartingWith("TOLLGATE_HTTP_PORT is invalid: 'x'");
  }

  @Test
  void theBaseUrlLosesTheSlashesAtItsEnd() {
    properties.put("tollgate.upstream.url", " https://a.example/v1// ");

    assertThat(read().target().baseUrl()).isEqualTo(URI.create("https://a.example/v1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tollgate.upstream.key", "tollgate.admin.token"})
  void aConfigurationDoesNotPrintItsSecrets(String name) {
    String secret = "a-secret-that-has-32-characters-or-more";
    properties.put(name, secret);

    assertThat(read().toString()).contains("***").doesNotContain(secret);
  }
}
