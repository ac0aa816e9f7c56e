package io.holdfast.examples.lab;

import java.util.List;

/**
 * The failover in figures; the demo's JSON. Times are seconds after the cut unless the name says
 * otherwise.
 *
 * @param guests every guest; one that does not answer in the end has no {@code to} and an outage of
 *     -1, one that was not on the cut host has the outage from its first silence to its last answer
 * @param cutToLost until the controller was sure of the silence
 * @param lostToFenced until there was evidence
 * @param fencedToFirstStart until the first hypervisor reported a lost guest running
 * @param firstStartToLastStart until the last one did
 * @param decideMillis what the core took to decide where the lost guests go
 * @param guestBoot the longest time from a guest's start to its answer
 * @param mode {@code lab} or {@code embedded}
 * @param accelerator {@code kvm}, {@code tcg} or {@code none}
 */
record Summary(
    Cut cut,
    List<Guest> guests,
    Proof evidence,
    double cutToLost,
    double lostToFenced,
    double fencedToFirstStart,
    double firstStartToLastStart,
    double decideMillis,
    double guestBoot,
    boolean inPriorityOrder,
    boolean startBeforeEvidence,
    boolean ranTwice,
    String mode,
    String accelerator) {

  record Cut(String host, boolean hadController, boolean hadStoreLeader, String silence) {}

  record Guest(String id, String priority, String from, String to, double outage) {}

  record Proof(String type, String device, double at) {}

  /** Whether everything that the demo promises was kept. */
  boolean kept() {
    boolean allBack =
        guests.stream().noneMatch(guest -> guest.to().isEmpty() || guest.to().equals(cut.host()));
    return allBack && inPriorityOrder && !startBeforeEvidence && !ranTwice;
  }
}
