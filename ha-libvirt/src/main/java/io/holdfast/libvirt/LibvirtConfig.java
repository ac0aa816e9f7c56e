package io.holdfast.libvirt;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;

/**
 * What {@link LibvirtHypervisor.Builder} collects.
 *
 * @param keepAliveInterval whole seconds
 * @param connectAttempts workers for connecting; half of them may hang
 * @param mostCalls workers for everything else; half of them may hang
 * @param migration empty for a host from which nothing is migrated
 */
record LibvirtConfig(
    String uri,
    String kind,
    Duration keepAliveInterval,
    int keepAliveCount,
    Duration connectTimeout,
    int connectAttempts,
    int mostCalls,
    Duration firstPause,
    Duration longestPause,
    Optional<LiveMigration> migration) {

  LibvirtConfig {
    if (uri.isBlank()) {
      throw new InvalidConfigException("libvirt.uri", "blank", "a libvirt URI");
    }
    new WorkloadId(kind, "any"); // refuses what cannot be a kind
    within("libvirt.keepAliveInterval", keepAliveInterval, Duration.ofSeconds(1));
    if (!keepAliveInterval.equals(Duration.ofSeconds(keepAliveInterval.toSeconds()))) {
      throw new InvalidConfigException(
          "libvirt.keepAliveInterval", keepAliveInterval, "whole seconds");
    }
    within("libvirt.keepAliveCount", keepAliveCount, 1, 100);
    within("libvirt.connectTimeout", connectTimeout, Duration.ofMillis(1));
    within("libvirt.connectAttempts", connectAttempts, 2, 64);
    within("libvirt.mostCalls", mostCalls, 2, 1024);
    within("libvirt.firstPause", firstPause, Duration.ofMillis(1));
    within("libvirt.longestPause", longestPause, firstPause);
  }

  int keepAliveSeconds() {
    return Math.toIntExact(keepAliveInterval.toSeconds());
  }

  /**
   * After how long a daemon that answers has carried out all that was ever sent to it: for as long
   * as it may hang unnoticed, and then ten seconds, where moments are enough.
   */
  Duration settling() {
    return keepAliveInterval.multipliedBy(keepAliveCount + 1L).plusSeconds(10);
  }

  private static void within(String field, Duration value, Duration least) {
    if (value.compareTo(least) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
      throw new InvalidConfigException(field, value, least + " to PT1H");
    }
  }

  private static void within(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidConfigException(field, value, least + " to " + most);
    }
  }
}
