package io.holdfast.api;

import java.time.Duration;
import java.util.List;

/**
 * Why a host or a workload is as it is, as data.
 *
 * @param subject its name
 * @param is its state or status, in the words of {@link HostState} or {@link WorkloadStatus}
 * @param reason why, one line for people
 * @param lasted how long it has been so in the eyes of this controller, and for this reason
 * @param waitsFor what it waits for, empty if nothing is to come; each says what would change it
 */
public record Explanation(
    String subject, String is, String reason, Duration lasted, List<Waiting> waitsFor) {
  public Explanation {
    waitsFor = List.copyOf(waitsFor);
  }
}
