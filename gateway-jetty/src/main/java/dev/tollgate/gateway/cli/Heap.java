package dev.tollgate.gateway.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption.Origin;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What the process does with memory that it does not need. */
final class Heap {
  private static final Logger LOG = System.getLogger(Heap.class.getName());

  /**
   * In percent of the heap after a collection. What HotSpot keeps by default, 40 and 70, is more
   * than all that the open streams take. A collector that has become too busy for it grows the heap
   * all the same.
   *
   * @see <a
   *     href="https://docs.oracle.com/en/java/javase/17/gctuning/factors-affecting-garbage-collection-performance.html">HotSpot's
   *     tuning guide</a>
   */
  private static final int MIN_FREE = 10;

  private static final int MAX_FREE = 25;

  /** The JVM's management takes its time to start, which the first requests would wait for. */
  private static final Duration DELAY = Duration.ofSeconds(10);

  private Heap() {}

  /**
   * Gives back to the system what is free after a collection, but for a little; not at once. Leaves
   * a JVM alone whose operator has set one of the two, and one with another collector than G1.
   */
  static void keepLittleFreeLater() {
    CompletableFuture.delayedExecutor(DELAY.toSeconds(), TimeUnit.SECONDS)
        .execute(Heap::keepLittleFree);
  }

  static void keepLittleFree() {
    try {
      HotSpotDiagnosticMXBean vm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      if (vm.getVMOption("UseG1GC").getValue().equals("true")
          && isDefault(vm, "MinHeapFreeRatio")
          && isDefault(vm, "MaxHeapFreeRatio")) {
        // In this order: the lower bound may not pass the upper one at any time.
        vm.setVMOption("MinHeapFreeRatio", Integer.toString(MIN_FREE));
        vm.setVMOption("MaxHeapFreeRatio", Integer.toString(MAX_FREE));
      }
    } catch (RuntimeException | LinkageError e) {
      // Some runtimes come without the module.
      LOG.log(Level.DEBUG, "the heap is left as it is: {0}", e.toString());
    }
  }

  private static boolean isDefault(HotSpotDiagnosticMXBean vm, String option) {
    return vm.getVMOption(option).getOrigin() == Origin.DEFAULT;
  }
}
