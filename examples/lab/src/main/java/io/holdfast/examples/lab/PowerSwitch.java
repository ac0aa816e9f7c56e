package io.holdfast.examples.lab;

import io.holdfast.api.Outcome;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The power of a simulated host's processes: once it is off, nothing that they do reaches anybody.
 * Threads cannot be killed, so their calls are answered with Unknown instead.
 */
final class PowerSwitch {
  private final AtomicBoolean on = new AtomicBoolean(true);

  void cut() {
    on.set(false);
  }

  boolean isOn() {
    return on.get();
  }

  /** The same SPI, for as long as there is power. */
  <T> T guard(Class<T> spi, T target) {
    Object guarded =
        Proxy.newProxyInstance(
            spi.getClassLoader(),
            new Class<?>[] {spi},
            (proxy, method, arguments) -> {
              if (!isOn() && method.getReturnType().equals(Outcome.class)) {
                return Outcome.unknown("no power");
              }
              try {
                return method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
    return spi.cast(guarded);
  }
}
