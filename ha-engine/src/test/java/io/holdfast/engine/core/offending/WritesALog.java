package io.holdfast.engine.core.offending;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Breaks, for {@code ArchitectureTest}: what a core has to say is an event. */
final class WritesALog {
  private static final Logger log = LoggerFactory.getLogger(WritesALog.class);

  private WritesALog() {}

  static void say() {
    log.info("never seen");
  }
}
