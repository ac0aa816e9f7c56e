package io.holdfast.examples.lab;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Measures one failover from what was told of it. */
final class Failover {

  /** One lost guest on its way back, in milliseconds of the wall clock. */
  record Recovery(
      LabNetwork.Guest guest,
      String to,
      long intended,
      long issued,
      long running,
      long answering) {}

  private final List<Moment> all;
  private final List<Moment> after;
  private final long cutAt;
  private final HostId host;
  private final Map<String, String> before;

  /**
   * @param before where each guest ran before the cut
   */
  Failover(List<Moment> all, Moment cut, HostId host, Map<String, String> before) {
    this.all = List.copyOf(all);
    this.cutAt = cut.atMillis();
    this.host = host;
    this.before = new TreeMap<>(before);
    this.after = all.stream().filter(m -> m.atMillis() >= cutAt).toList();
  }

  /** Where each guest was last reported running. */
  static Map<String, String> placesOf(List<Moment> all) {
    Map<String, String> places = new TreeMap<>();
    all.stream()
        .filter(m -> m.is("WorkloadRunning"))
        .forEach(m -> places.put(m.text("workload"), m.text("host")));
    return places;
  }

  List<LabNetwork.Guest> lost() {
    return LabNetwork.GUESTS.stream()
        .filter(guest -> host.value().equals(before.get("vm:" + guest.name())))
        .toList();
  }

  /** Whether every lost guest came back, and every guest answers, lost or not. */
  boolean isOver() {
    return lost().stream().allMatch(guest -> recoveryOf(guest).isPresent())
        && LabNetwork.GUESTS.stream().allMatch(guest -> Moments.answers(all, guest));
  }

  Optional<Recovery> recoveryOf(LabNetwork.Guest guest) {
    String id = "vm:" + guest.name();
    Optional<Moment> running =
        first(
            m ->
                m.is("WorkloadRunning")
                    && m.text("workload").equals(id)
                    && !m.text("host").equals(host.value()));
    if (running.isEmpty()) {
      return Optional.empty();
    }
    String to = running.get().text("host");
    OptionalLong intended = time(m -> m.is("StartIntended") && m.text("workload").equals(id));
    OptionalLong issued =
        time(
            m -> m.is("StartIssued") && m.text("workload").equals(id) && m.text("host").equals(to));
    OptionalLong answering =
        time(
            m ->
                m.is("GuestAnswers")
                    && m.text("workload").equals(id)
                    && m.atMillis() >= issued.orElse(Long.MAX_VALUE));
    if (issued.isEmpty() || answering.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Recovery(
            guest,
            to,
            intended.orElse(issued.getAsLong()),
            issued.getAsLong(),
            running.get().atMillis(),
            answering.getAsLong()));
  }

  OptionalLong lostAt() {
    OptionalLong lost =
        time(
            m ->
                m.is("HostStateChanged")
                    && m.text("host").equals(host.value())
                    && m.text("to").equals("LOST"));
    return lost.isPresent() ? lost : fencedAt();
  }

  OptionalLong fencedAt() {
    return time(m -> m.is("HostFenced") && m.text("host").equals(host.value()));
  }

  /** Puts the figures together. */
  Summary summarise(
      boolean hadController,
      boolean hadStoreLeader,
      Duration silence,
      boolean ranTwice,
      String mode,
      String accelerator) {
    List<Recovery> recoveries = new ArrayList<>();
    lost().forEach(guest -> recoveryOf(guest).ifPresent(recoveries::add));
    long lost = lostAt().orElse(cutAt);
    long fenced = fencedAt().orElse(cutAt);
    long firstStart = recoveries.stream().mapToLong(Recovery::running).min().orElse(fenced);
    long lastStart = recoveries.stream().mapToLong(Recovery::running).max().orElse(firstStart);
    long boot = recoveries.stream().mapToLong(r -> r.answering() - r.running()).max().orElse(0);
    return new Summary(
        new Summary.Cut(host.value(), hadController, hadStoreLeader, silence.toString()),
        LabNetwork.GUESTS.stream().map(this::guest).toList(),
        proof(),
        seconds(lost - cutAt),
        seconds(fenced - lost),
        seconds(firstStart - fenced),
        seconds(lastStart - firstStart),
        decideMillis(),
        seconds(boot),
        inPriorityOrder(recoveries),
        startBeforeEvidence(recoveries),
        ranTwice,
        mode,
        accelerator);
  }

  private Summary.Guest guest(LabNetwork.Guest guest) {
    String id = "vm:" + guest.name();
    String from = before.getOrDefault(id, "");
    String priority = guest.priority().toString();
    if (!Moments.answers(all, guest)) {
      return new Summary.Guest(id, priority, from, "", -1);
    }
    if (!from.equals(host.value())) {
      String to = placesOf(after).getOrDefault(id, from);
      return new Summary.Guest(id, priority, from, to, seconds(silenceOf(id)));
    }
    Optional<Recovery> back = recoveryOf(guest);
    return new Summary.Guest(
        id,
        priority,
        from,
        back.map(Recovery::to).orElse(""),
        back.map(r -> seconds(r.answering() - cutAt)).orElse(-1.0));
  }

  /** From the first silence after the cut to the last answer, of a guest that answers. */
  private long silenceOf(String id) {
    OptionalLong silent = time(m -> m.is("GuestSilent") && m.text("workload").equals(id));
    if (silent.isEmpty()) {
      return 0;
    }
    return after.stream()
        .filter(m -> m.is("GuestAnswers") && m.text("workload").equals(id))
        .mapToLong(m -> m.atMillis() - silent.getAsLong())
        .max()
        .orElse(0);
  }

  private Summary.Proof proof() {
    return first(m -> m.is("HostFenced") && m.text("host").equals(host.value()))
        .map(
            m ->
                new Summary.Proof(
                    m.fields().path("evidence").path("type").asText(),
                    m.fields().path("evidence").path("device").asText(),
                    seconds(m.atMillis() - cutAt)))
        .orElse(new Summary.Proof("none", "", -1));
  }

  private double decideMillis() {
    long fenced = fencedAt().orElse(cutAt);
    long nanos =
        after.stream()
            .filter(m -> m.is("DecisionTimed") && m.atMillis() >= fenced)
            .mapToLong(m -> Duration.parse(m.text("took")).toNanos())
            .sum();
    return Math.round(nanos / 1e3) / 1e3;
  }

  /** No guest was begun before one of greater priority. */
  private static boolean inPriorityOrder(List<Recovery> recoveries) {
    for (Recovery one : recoveries) {
      for (Recovery other : recoveries) {
        Priority mine = one.guest().priority();
        if (mine.compareTo(other.guest().priority()) > 0 && one.issued() > other.issued()) {
          return false;
        }
      }
    }
    return true;
  }

  /** The BMC's own record of the power being off, and not what the engine says of it. */
  private boolean startBeforeEvidence(List<Recovery> recoveries) {
    long confirmed =
        time(m -> m.is("bmc-off-confirmed") && m.text("host").equals(host.value()))
            .orElse(Long.MAX_VALUE);
    return recoveries.stream().anyMatch(r -> r.issued() < confirmed);
  }

  private OptionalLong time(Predicate<Moment> wanted) {
    return after.stream().filter(wanted).mapToLong(Moment::atMillis).min();
  }

  private Optional<Moment> first(Predicate<Moment> wanted) {
    return after.stream().filter(wanted).min(Comparator.comparingLong(Moment::atMillis));
  }

  private static double seconds(long millis) {
    return millis / 1000.0;
  }
}
