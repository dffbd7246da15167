package dev.tollgate.gateway.container;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;

class WildFlyIT extends ContainerIT {
  WildFlyIT() {
    super(new WildFly("WildFly", "wildfly"), Run.ALWAYS);
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
