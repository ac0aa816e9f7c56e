package io.holdfast.libvirt;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A {@link PrivateLibvirtd} for all tests of a class. */
final class RunningLibvirtd implements BeforeAllCallback, AfterAllCallback {
  private @Nullable PrivateLibvirtd started;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    started = new PrivateLibvirtd();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (started != null) {
      started.end();
    }
  }

  PrivateLibvirtd get() {
    return Objects.requireNonNull(started, "the tests have begun");
  }
}
