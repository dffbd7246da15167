package dev.tollgate.gateway.failure;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;

/**
 * What happens: who does what, each on a thread of its own. They meet by way of the {@link Stage}.
 *
 * @param house in which gateway
 * @param upstream what the upstream does with the request
 * @param client what the client does; and what is done to the store, or to the gateway
 */
record Plot(House.Kind house, UpstreamPart upstream, ClientPart client) {
  /** Called when the request has come. What it leaves open, it leaves silent. */
  interface UpstreamPart {
    void play(Stage stage, Connection connection) throws Exception;
  }

  /** Tells what the client has got in the end. */
  interface ClientPart {
    ClientSees play(Stage stage) throws Exception;
  }

  private static final UpstreamPart WELL =
      (stage, connection) -> stage.asked().answerWell(connection);

  /** A client that asks and reads, and an upstream that does this. */
  static Plot upstream(UpstreamPart part) {
    return new Plot(House.PATIENT, part, Stage::askAndRead);
  }

  /** An upstream that answers well, and a client that does this. */
  static Plot client(ClientPart part) {
    return new Plot(House.PATIENT, WELL, part);
  }

  /** Both. */
  static Plot both(UpstreamPart upstream, ClientPart client) {
    return new Plot(House.PATIENT, upstream, client);
  }

  /** The same in a gateway with short time limits. */
  Plot inHaste() {
    return new Plot(House.IMPATIENT, upstream, client);
  }

  /** The same in a gateway that wants an answer to be over soon. */
  Plot inAHurry() {
    return new Plot(House.HURRIED, upstream, client);
  }

  /** The same over TLS to the upstream. */
  Plot overTls() {
    return new Plot(House.OVER_TLS, upstream, client);
  }

  /** The same in a gateway of its own, which nobody needs afterwards, while others go on. */
  Plot alone(String... settings) {
    return new Plot(House.Kind.alone(30_000, settings), upstream, client);
  }

  /** The same, where the container gives a silent connection up after that time. */
  Plot aloneInAContainerThatWaits(long idleMillis) {
    return new Plot(House.Kind.alone(idleMillis), upstream, client);
  }
}
