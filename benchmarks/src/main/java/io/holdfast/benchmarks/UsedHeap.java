package io.holdfast.benchmarks;

/** How much of the heap is in use after garbage collection. */
final class UsedHeap {
  private UsedHeap() {}

  static long bytes() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(100);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
