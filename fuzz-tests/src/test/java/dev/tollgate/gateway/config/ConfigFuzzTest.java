package dev.tollgate.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.ledger.Money;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Any settings make a configuration or a {@link ConfigException} that keeps their secrets, and what
 * is read from one text reads the same from what it is printed as.
 *
 * <p>Each line of the input is a setting's name without its prefix, {@code =} and a value; another
 * name stands for some setting. Lines of even length are properties, the others variables. A secret
 * setting's value has a word added that must be seen nowhere. In a URL, {@code <P>} and {@code <U>}
 * stand for a password and a login with that word.
 */
public class ConfigFuzzTest {
  private static final String WORD = "Hush9Hush";
  private static final char NO_SETTING = '~';

  @FuzzTest
  public void anyTextIsAConfigurationOrRefusedWithoutItsSecrets(byte[] input) {
    String text = new String(input, UTF_8);
    // The word is a secret only where it was added.
    checkSettings(text.replace("Hush9", "Hush8"));
    checkRoundTrips(text);
  }

  private static void checkSettings(String text) {
    Map<String, String> properties = new HashMap<>();
    Map<String, String> environment = new HashMap<>();
    boolean shows = false;
    for (String line : text.split("\n", -1)) {
      if (line.isEmpty()) {
        continue;
      }
      if (line.charAt(0) == NO_SETTING) {
        properties.put(line.substring(1), "x");
        continue;
      }
      int equals = line.indexOf('=');
      Setting<?> setting = setting(line, equals);
      String value = line.substring(equals + 1).replace("<P>", "password=" + WORD);
      value = value.replace("<U>", "//x:" + WORD.charAt(0) + "/" + WORD + "@");
      value = setting.isSecret() ? value + WORD : value;
      // An extension's folder and a file's name are the operator's own words, printed as they are.
      shows |= !setting.isSecret() && value.contains(WORD);
      if (line.length() % 2 == 0) {
        properties.put(setting.name(), value);
      } else {
        environment.put(setting.variable(), value);
      }
    }
    try {
      GatewayConfig config = new ConfigReader(properties, environment, null, Map.of()).read();
      if (!shows) {
        assertThat(config.toString()).doesNotContain(WORD);
      }
      assertThat(config.leaseTtl()).isPositive();
      assertThat(config.meter()).isNotNull();
    } catch (ConfigException e) {
      assertThat(String.valueOf(e.getMessage())).doesNotContain(WORD).hasLineCount(1);
      assertThat(String.valueOf(e.getCause())).doesNotContain(WORD);
    }
  }

  /** The setting of that name, or any, for a name that was made up is seldom one. */
  private static Setting<?> setting(String line, int equals) {
    String name = equals < 0 ? "" : "tollgate." + line.substring(0, equals);
    return Settings.ALL.stream()
        .filter(setting -> setting.name().equals(name))
        .findFirst()
        .orElseGet(() -> Settings.ALL.get(line.charAt(0) % Settings.ALL.size()));
  }

  private static void checkRoundTrips(String text) {
    parsed(ModelAliases::parse, text)
        .ifPresent(table -> assertThat(ModelAliases.parse(table.toString())).isEqualTo(table));
    parsed(RatePolicy::parse, text)
        .ifPresent(policy -> assertThat(policy.toString()).isEqualTo(text));
    parsed(ApiKey.Kind::parse, text).ifPresent(kind -> assertThat(kind).hasToString(text));
    parsed(KeyFingerprint::parse, text)
        .ifPresent(print -> assertThat(print.hex()).isEqualTo(text.toLowerCase(Locale.ROOT)));
    KeyFingerprint fingerprint = KeyFingerprint.of(text);
    assertThat(KeyFingerprint.parse(fingerprint.hex())).isEqualTo(fingerprint);
    parsed(Money::parse, text)
        .ifPresent(
            money -> {
              assertThat(money.dollars()).isEqualByComparingTo(new BigDecimal(text));
              assertThat(Money.parse(money.toString())).isEqualTo(money);
              assertThat(Money.ceiling(money.dollars())).isEqualTo(money);
            });
    Optional<Duration> duration = parsed(Durations::parse, text);
    duration.ifPresent(span -> assertThat(span).isGreaterThanOrEqualTo(Duration.ZERO));
  }

  private static <T> Optional<T> parsed(Function<String, T> parser, String text) {
    try {
      return Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
