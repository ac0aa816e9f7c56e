package io.holdfast.engine.core;

import static io.holdfast.api.HostState.FENCED;
import static io.holdfast.api.HostState.FENCING;
import static io.holdfast.api.HostState.JOINING;
import static io.holdfast.api.HostState.LOST;
import static io.holdfast.engine.core.HostSignal.FENCE_STORED;
import static io.holdfast.engine.core.HostSignal.HEARD_UNREPORTED;
import static io.holdfast.engine.core.HostSignal.JOINED;
import static io.holdfast.engine.core.HostSignal.LEFT;
import static io.holdfast.engine.core.HostSignal.OFF_PROVEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every state and signal of a host, against the table as people read it. */
class HostTableTest {

  /** A dot: the state stays. */
  private static final String TABLE =
      """
                         JOINING  ONLINE         SUSPECT  ISOLATED LOST     FENCING  FENCED   MAINTENANCE    SHUTTING_DOWN  STORAGE_LOST
      JOINED             .        JOINING        JOINING  JOINING  JOINING  .        JOINING  JOINING        JOINING        JOINING
      REPORTED           ONLINE   .              .        .        .        .        .        .              .              .
      HEARD              ONLINE   .              ONLINE   ONLINE   ONLINE   .        .        .              .              .
      HEARD_UNREPORTED   .        JOINING        JOINING  JOINING  JOINING  .        JOINING  JOINING        JOINING        JOINING
      SUSPICION_DUE      SUSPECT  SUSPECT        .        .        .        .        .        SUSPECT        SUSPECT        SUSPECT
      SILENCE_CONFIRMED  .        .              LOST     .        .        .        .        .              .              .
      FENCE_STORED       .        .              .        .        FENCING  .        .        .              .              .
      OFF_PROVEN         FENCED   .              FENCED   FENCED   FENCED   FENCED   .        .              .              .
      FENCE_EXHAUSTED    .        .              .        .        .        LOST     .        .              .              .
      ORDINARY           .        .              .        .        .        .        .        ONLINE         ONLINE         ONLINE
      MAINTENANCE_WANTED .        MAINTENANCE    .        .        .        .        .        .              MAINTENANCE    MAINTENANCE
      SHUTDOWN_ANNOUNCED .        SHUTTING_DOWN  .        .        .        .        .        SHUTTING_DOWN  .              SHUTTING_DOWN
      LEFT               FENCED   FENCED         FENCED   FENCED   FENCED   FENCED   .        FENCED         FENCED         FENCED
      STORAGE_FAILED     .        STORAGE_LOST   .        .        .        .        .        STORAGE_LOST   STORAGE_LOST   .
      SEEN_ALIVE         .        .              ISOLATED .        ISOLATED .        .        .              .              .
      ISOLATION_OVER     .        .              .        LOST     .        .        .        .              .              .
      """;

  private record Step(HostState from, HostSignal signal, HostState to) {}

  @Test
  void pitfall13EveryPairIsAsWritten() {
    List<Step> actual = walk();
    assertThat(actual).hasSize(HostState.values().length * HostSignal.values().length);
    assertThat(actual).containsExactlyInAnyOrderElementsOf(written());
  }

  @Test
  void fencedIsReachedOnlyByProof() {
    assertThat(walk())
        .filteredOn(step -> step.to() == FENCED && step.from() != FENCED)
        .isNotEmpty()
        .allMatch(step -> step.signal() == OFF_PROVEN || step.signal() == LEFT);
  }

  @Test
  void onlyANewIncarnationLeavesFenced() {
    assertThat(walk())
        .filteredOn(step -> step.from() == FENCED && step.to() != FENCED)
        .isNotEmpty()
        .allMatch(step -> step.signal() == JOINED || step.signal() == HEARD_UNREPORTED)
        .allMatch(step -> step.to() == JOINING);
  }

  @Test
  void fencingFollowsOnlyFromLostWithAStoredIntent() {
    assertThat(walk())
        .filteredOn(step -> step.to() == FENCING && step.from() != FENCING)
        .containsExactly(new Step(LOST, FENCE_STORED, FENCING));
  }

  private static List<Step> walk() {
    List<Step> steps = new ArrayList<>();
    for (HostState state : HostState.values()) {
      for (HostSignal signal : HostSignal.values()) {
        steps.add(new Step(state, signal, HostTable.next(state, signal)));
      }
    }
    return steps;
  }

  private static List<Step> written() {
    List<String> lines = TABLE.lines().toList();
    List<HostState> states =
        Arrays.stream(lines.get(0).strip().split(" +")).map(HostState::valueOf).toList();
    List<Step> steps = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      List<String> cells = List.of(line.strip().split(" +"));
      HostSignal signal = HostSignal.valueOf(cells.get(0));
      for (int i = 0; i < states.size(); i++) {
        String cell = cells.get(i + 1);
        HostState from = states.get(i);
        steps.add(new Step(from, signal, cell.equals(".") ? from : HostState.valueOf(cell)));
      }
    }
    return steps;
  }
}
