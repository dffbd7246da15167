package dev.tollgate.gateway.container;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Shows what a container has printed when a test in it has failed. */
final class OutputOnFailure implements TestWatcher {
  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    context
        .getTestInstances()
        .flatMap(instances -> instances.findInstance(ContainerIT.class))
        .ifPresent(
            container ->
                System.out.println(
                    "output of the container of "
                        + context.getDisplayName()
                        + ":\n"
                        + container.output()));
  }
}
