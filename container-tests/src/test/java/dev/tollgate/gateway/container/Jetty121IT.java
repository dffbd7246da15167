package dev.tollgate.gateway.container;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;

class Jetty121IT extends ContainerIT {
  Jetty121IT() {
    super(new Jetty("Jetty 12.1, ee10", "jetty-12.1", "ee10-deploy"), Run.ALWAYS);
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
