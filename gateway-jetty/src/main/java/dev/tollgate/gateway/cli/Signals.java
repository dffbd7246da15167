package dev.tollgate.gateway.cli;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * SIGTERM and SIGINT in a process that is ending already, to which Java gives no meaning of its
 * own. The JDK has no supported call for signals; {@code sun.misc.Signal} is exported by its module
 * {@code jdk.unsupported}, and called by reflection because javac warns of it whatever it is told.
 */
final class Signals {
  private static final Logger LOG = System.getLogger(Signals.class.getName());

  private Signals() {}

  /**
   * Runs {@code task}, on a thread of its own, for each of the two signals from now on. Where that
   * cannot be arranged it is never run.
   */
  static void onEach(Runnable task) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object calling =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  task.run();
                }
                return null;
              });
      for (String name : List.of("TERM", "INT")) {
        signal
            .getMethod("handle", signal, handler)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), calling);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      LOG.log(Level.DEBUG, "a second signal will not be noticed", e);
    }
  }
}
