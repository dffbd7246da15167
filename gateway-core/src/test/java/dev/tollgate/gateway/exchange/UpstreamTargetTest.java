package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import java.net.URI;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class UpstreamTargetTest {
  private static final Secret OPERATORS = Secret.of("sk-operator");
  private static final Secret OWN = Secret.of("sk-own");
  private static final UpstreamTarget WITH_DEFAULT =
      new UpstreamTarget(URI.create("http://x"), OPERATORS);
  private static final UpstreamTarget WITHOUT = new UpstreamTarget(URI.create("http://x"), null);

  private static Project project(UpstreamAccess upstream) {
    return new Project("prj_1", "p", true, Markup.NONE, Limits.NONE, upstream, Instant.EPOCH);
  }

  @Test
  void aProjectsOwnKeyComesBeforeTheOperators() {
    assertThat(WITH_DEFAULT.keyFor(project(UpstreamAccess.own(OWN)))).contains(OWN);
    assertThat(WITHOUT.keyFor(project(UpstreamAccess.own(OWN)))).contains(OWN);
  }

  @Test
  void aProjectWithoutAKeyUsesTheOperatorsIfThereIsOne() {
    assertThat(WITH_DEFAULT.keyFor(project(UpstreamAccess.DEFAULT))).contains(OPERATORS);
    assertThat(WITHOUT.keyFor(project(UpstreamAccess.DEFAULT))).isEmpty();
  }

  @Test
  void aProjectThatIsToHaveNoneDoesNotGetTheOperators() {
    assertThat(WITH_DEFAULT.keyFor(project(UpstreamAccess.NONE))).isEmpty();
  }

  @Test
  void onlyAProjectsOwnAccessHasAKeyAndItAlwaysHasOne() {
    assertThatThrownBy(() -> new UpstreamAccess(UpstreamAccess.Kind.OWN, null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new UpstreamAccess(UpstreamAccess.Kind.NONE, OWN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
