package io.holdfast.libvirt;

import org.opentest4j.TestAbortedException;

/** Skips tests where libvirt's client library is not installed. */
final class NativeLibrary {
  private NativeLibrary() {}

  static void require() {
    try {
      EventLoop.start();
    } catch (IllegalStateException e) {
      throw new TestAbortedException("libvirt.so.0 cannot be loaded: " + e.getCause(), e);
    }
  }
}
