package io.holdfast.engine.core;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.engine.record.FenceRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A fence operation of one host: which step it has reached, and who has not answered yet. */
final class FenceAttempt {
  final FenceRecord.Aim aim;
  final Incarnation incarnation;
  final long begun;
  boolean stored;
  private final List<FenceStep> steps;
  private int step = -1;
  private final SortedMap<String, OpId> open = new TreeMap<>();
  private final List<String> switchedOff = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  /** Since when the next step waits for leave to begin; not waiting while it is in the future. */
  private long heldSince = Long.MAX_VALUE;

  FenceAttempt(FenceRecord.Aim aim, long begun, List<FenceStep> steps) {
    this.aim = aim;
    incarnation = aim.incarnation();
    this.begun = begun;
    this.steps = steps;
  }

  boolean isFirstStep() {
    return step < 0;
  }

  /** Whether a step before the present one gave no evidence. */
  boolean hasEscalated() {
    return step > 0;
  }

  boolean isExhausted() {
    return step + 1 >= steps.size();
  }

  /** Leaves the present step for the next one: answers to the former are late from now on. */
  FenceStep advance() {
    open.clear();
    heldSince = Long.MAX_VALUE;
    step++;
    return steps.get(step);
  }

  /**
   * The next step has to wait; never two: the present one is over all the same, and what one of its
   * devices still says proves nothing of the others.
   *
   * @return since when it waits
   */
  long hold(long now) {
    open.clear();
    heldSince = Math.min(heldSince, now);
    return heldSince;
  }

  boolean isHeld() {
    return heldSince != Long.MAX_VALUE;
  }

  FenceStep present() {
    return steps.get(step);
  }

  /** What is tried when the present step fails. */
  List<FenceStep> rest() {
    return steps.subList(step + 1, steps.size());
  }

  void asked(String device, OpId op) {
    open.put(device, op);
  }

  /** Whether this answers what the present step waits for. */
  boolean waitsFor(String device, OpId op) {
    return op.equals(open.get(device));
  }

  SortedMap<String, OpId> unanswered() {
    return new TreeMap<>(open);
  }

  /** A device of the present step has read the power as off. */
  void confirmed(String device, FenceOutcome outcome) {
    open.remove(device);
    boolean acted =
        outcome instanceof FenceOutcome.Confirmed read && read.state() == PowerState.OFF;
    if (acted) {
      switchedOff.add(device);
    }
  }

  /** never two: one of two outlets says nothing of the other. */
  boolean isProven() {
    return open.isEmpty();
  }

  /** The devices that have taken the power away, and can give it back. */
  List<String> switchedOff() {
    return List.copyOf(switchedOff);
  }

  void failed(String problem) {
    problems.add(problem);
  }

  String problems() {
    return String.join("; ", problems);
  }
}
