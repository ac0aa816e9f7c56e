package io.holdfast.examples.lab;

import java.io.PrintStream;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happens as it happens, one line each: when, who says so, what. Times are seconds after
 * the cut, before it seconds after the beginning.
 */
final class Story {
  private final PrintStream out;
  private final long begun = System.currentTimeMillis();
  private @Nullable Long cutAt;
  private boolean ended;

  Story(PrintStream out) {
    this.out = out;
  }

  synchronized void cutAt(long atMillis) {
    cutAt = atMillis;
  }

  /** A step of the demo itself. */
  synchronized void say(String text) {
    line(System.currentTimeMillis(), "demo", text);
  }

  synchronized void tell(Moment moment) {
    describe(moment).ifPresent(text -> line(moment.atMillis(), moment.by(), text));
  }

  private void line(long atMillis, String by, String text) {
    if (ended) {
      return;
    }
    Long cut = cutAt;
    double seconds = (atMillis - (cut == null ? begun : cut)) / 1000.0;
    out.printf("%s%8.3f s  %-8s  %s%n", cut == null ? " " : "+", seconds, by, text);
    out.flush();
  }

  private static Optional<String> describe(Moment m) {
    return Optional.ofNullable(
        switch (m.event()) {
          case "power-cut" -> "the power of " + m.text("host") + " is cut, silently";
          case "bmc-off-confirmed" -> "the BMC of " + m.text("host") + " confirms: power off";
          case "ControllerElected" ->
              m.text("candidate") + " is the controller now, epoch " + epoch(m);
          case "ControllerStoodDown" -> "stands down: " + m.text("reason");
          case "HostStateChanged" ->
              m.text("host") + " is " + m.text("to") + ": " + m.text("reason");
          case "FenceBegun" ->
              "the intent to fence " + m.text("host") + " is stored; asking " + devices(m);
          case "FenceAnswered" ->
              m.text("device") + ", asked for " + m.text("operation") + ": " + m.text("detail");
          case "HostFenced" -> "evidence that " + m.text("host") + " is down: " + evidence(m);
          case "FenceFailed" -> m.text("host") + " could not be fenced: " + m.text("reason");
          case "StartIntended" ->
              m.text("workload") + " goes to " + m.text("host") + " (" + m.text("why") + ")";
          case "StartIssued" -> m.text("workload") + " is being started on " + m.text("host");
          case "WorkloadRunning" -> m.text("workload") + " runs on " + m.text("host");
          case "WorkloadTrouble" -> m.text("workload") + ": " + m.text("detail");
          case "GuestAnswers" -> m.text("workload") + " answers";
          case "GuestSilent" -> m.text("workload") + " does not answer";
          case "Alarm" -> "ALARM " + m.text("subject") + ": " + m.text("reason");
          default -> null;
        });
  }

  private static String epoch(Moment m) {
    return m.text("epoch");
  }

  private static String devices(Moment m) {
    return m.fields().path("devices").toString().replaceAll("[\\[\\]\"]", "");
  }

  private static String evidence(Moment m) {
    return m.fields().path("evidence").path("type").asText()
        + " by "
        + m.fields().path("evidence").path("device").asText();
  }

  /** The closing table: who was where, who is where, and what the outage is made of. */
  synchronized void table(Summary summary, Failover failover, long cut) {
    ended = true;
    out.printf(
        "%n%-10s %-9s %-6s %-6s %8s   %9s %8s %8s %8s %8s%n",
        "guest",
        "priority",
        "from",
        "to",
        "outage",
        "detection",
        "fencing",
        "deciding",
        "starting",
        "boot");
    for (int i = 0; i < summary.guests().size(); i++) {
      Summary.Guest guest = summary.guests().get(i);
      out.printf(
          "%-10s %-9s %-6s %-6s %8s%s%n",
          guest.id(),
          guest.priority(),
          guest.from(),
          guest.to().isEmpty() ? "-" : guest.to(),
          outage(guest),
          failover
              .recoveryOf(LabNetwork.GUESTS.get(i))
              .filter(r -> guest.from().equals(summary.cut().host()))
              .map(r -> parts(r, failover, cut))
              .orElse(""));
    }
    out.printf(
        "%nfirst start %.2f s after the cut: silence noticed and confirmed %.2f, fenced %.2f, started %.2f; decided in %.1f ms%n",
        summary.cutToLost() + summary.lostToFenced() + summary.fencedToFirstStart(),
        summary.cutToLost(),
        summary.lostToFenced(),
        summary.fencedToFirstStart(),
        summary.decideMillis());
    out.printf(
        "deciding lasts until the order to start is stored, the wait for more important guests included%n");
    out.printf(
        "started in order of priority: %s; started before the evidence: %s; ran twice: %s%n",
        word(summary.inPriorityOrder()),
        word(summary.startBeforeEvidence()),
        word(summary.ranTwice()));
    out.flush();
  }

  private static String outage(Summary.Guest guest) {
    if (guest.outage() < 0) {
      return "still down";
    }
    return guest.outage() == 0 ? "none" : "%.2f s".formatted(guest.outage());
  }

  private static String parts(Failover.Recovery r, Failover failover, long cut) {
    OptionalLong lost = failover.lostAt();
    OptionalLong fenced = failover.fencedAt();
    if (lost.isEmpty() || fenced.isEmpty()) {
      return "";
    }
    return "   %9.2f %8.2f %8.2f %8.2f %8.2f"
        .formatted(
            (lost.getAsLong() - cut) / 1000.0,
            (fenced.getAsLong() - lost.getAsLong()) / 1000.0,
            (r.intended() - fenced.getAsLong()) / 1000.0,
            (r.running() - r.intended()) / 1000.0,
            (r.answering() - r.running()) / 1000.0);
  }

  private static String word(boolean value) {
    return value ? "yes" : "no";
  }
}
