package dev.tollgate.gateway.metrics;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.util.Optional;
import javax.management.JMException;
import javax.management.ObjectName;

/** Metrics of the JVM and its process, which other applications may share. */
public final class JvmMetrics {
  private static final double MILLIS = 1e3;
  private static final double NANOS = 1e9;

  private JvmMetrics() {}

  /**
   * Adds the metrics to a registry. Each MXBean is looked up on a scrape, because the JVM's
   * management takes time to start.
   */
  public static void addTo(MetricRegistry registry) {
    memory(registry);
    threads(registry);
    collections(registry);
    process(registry);
  }

  private static void memory(MetricRegistry registry) {
    registry.gauge(
        "jvm_memory_used_bytes",
        "Memory in use.",
        samples -> {
          MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
          samples.add(memory.getHeapMemoryUsage().getUsed(), "heap");
          samples.add(memory.getNonHeapMemoryUsage().getUsed(), "nonheap");
        },
        "area");
    registry.gauge(
        "jvm_memory_max_bytes",
        "The most memory that may be used, where there is a limit.",
        samples -> {
          MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
          limit(samples, memory.getHeapMemoryUsage(), "heap");
          limit(samples, memory.getNonHeapMemoryUsage(), "nonheap");
        },
        "area");
  }

  private static void limit(MetricRegistry.Samples samples, MemoryUsage usage, String area) {
    if (usage.getMax() >= 0) {
      samples.add(usage.getMax(), area);
    }
  }

  private static void threads(MetricRegistry registry) {
    registry.gauge(
        "jvm_threads_current",
        "Threads that are alive.",
        samples -> samples.add(ManagementFactory.getThreadMXBean().getThreadCount()));
    registry.gauge(
        "jvm_threads_peak",
        "The most threads that were alive at once.",
        samples -> samples.add(ManagementFactory.getThreadMXBean().getPeakThreadCount()));
  }

  private static void collections(MetricRegistry registry) {
    registry.counted(
        "jvm_gc_collections_total",
        "Garbage collections.",
        samples -> {
          for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
            samples.add(Math.max(0, gc.getCollectionCount()), gc.getName());
          }
        },
        "gc");
    registry.counted(
        "jvm_gc_collection_seconds_total",
        "Time spent on garbage collections.",
        samples -> {
          for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
            samples.add(Math.max(0, gc.getCollectionTime()) / MILLIS, gc.getName());
          }
        },
        "gc");
  }

  private static void process(MetricRegistry registry) {
    registry.gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since January 1970.",
        samples -> samples.add(ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS));
    registry.counted(
        "process_cpu_seconds_total",
        "Processor time of the process.",
        samples ->
            ofSystem("ProcessCpuTime").ifPresent(nanos -> samples.add(Math.max(0, nanos) / NANOS)));
    registry.gauge(
        "process_open_fds",
        "File descriptors that are open, connections among them.",
        samples -> ofSystem("OpenFileDescriptorCount").ifPresent(samples::add));
    registry.gauge(
        "process_max_fds",
        "How many may be.",
        samples -> ofSystem("MaxFileDescriptorCount").ifPresent(samples::add));
  }

  /**
   * An attribute of the operating system's MXBean; empty if it has none. It is read by name,
   * because WildFly hides the classes of {@code com.sun.management} from web applications.
   */
  private static Optional<Long> ofSystem(String attribute) {
    try {
      Object value =
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(
                  ObjectName.getInstance(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME),
                  attribute);
      return value instanceof Long number ? Optional.of(number) : Optional.empty();
    } catch (JMException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
