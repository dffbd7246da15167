package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;

class Tomcat10IT extends ContainerIT {
  Tomcat10IT() {
    super(new Tomcat("Tomcat 10.1", "tomcat-10.1", Fate.CUT_OFF), Run.WITH_ALL);
  }

  @Nested
  @Order(1)
  class RelayIT extends Relay {}

  @Nested
  @Order(2)
  class RefusalIT extends Refusals {}

  @Nested
  @Order(3)
  class WireIT extends Wire {}

  @Nested
  @Order(4)
  class AtTheRootIT extends AtTheRoot {}

  @Nested
  @Order(5)
  class StopIT extends Stop {}

  @Nested
  @Order(6)
  class LifeIT extends Life {}
}
