package io.holdfast.api.spi;

/** Ends a feed. After {@link #close} has returned, the listener is not called any more. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
  @Override
  void close();
}
