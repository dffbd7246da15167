package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class HeapTest {
  private final HotSpotDiagnosticMXBean vm =
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);

  /** One of the two; what {@code serve} does by default is tried with the jar. */
  @Test
  void whatTheOperatorHasSetIsLeftAsItIs() {
    vm.setVMOption("MaxHeapFreeRatio", "69");
    String min = vm.getVMOption("MinHeapFreeRatio").getValue();
    Heap.keepLittleFree();
    assertThat(vm.getVMOption("MaxHeapFreeRatio").getValue()).isEqualTo("69");
    assertThat(vm.getVMOption("MinHeapFreeRatio").getValue()).isEqualTo(min);
  }
}
