package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.MaintenancePlan.Step;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Refusal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a host's maintenance would do, as data. Decides and changes nothing. */
final class Evacuation {
  private final ControllerState state;

  Evacuation(ControllerState state) {
    this.state = state;
  }

  MaintenancePlan planOf(HostEntry host) {
    List<WorkloadEntry> there =
        host.placed.stream()
            .map(state::workload)
            .sorted(WorkloadEntry.MOST_IMPORTANT_FIRST)
            .toList();
    List<WorkloadEntry> going = there.stream().filter(this::mayGo).toList();
    JointPlan plan =
        JointPlan.of(
            state,
            new JointPlan.Question(
                going,
                new TreeSet<>(List.of(host.id)),
                Destinations::usual,
                play -> state.room.rehearse(host, play)));
    SortedMap<WorkloadId, Step> steps = new TreeMap<>();
    state.room.rehearse(
        host,
        rehearsal -> {
          for (WorkloadEntry workload : plannedFirst(there, plan)) {
            if (!steps.containsKey(workload.id)) {
              Step step = stepOf(workload, host, rehearsal, plan);
              steps.put(workload.id, step);
              takeAlong(workload, step, host, rehearsal, steps);
            }
          }
        });
    List<Step> inOrder = there.stream().map(workload -> steps.get(workload.id)).toList();
    return new MaintenancePlan(host.id, inOrder);
  }

  private boolean mayGo(WorkloadEntry workload) {
    Workload spec = workload.spec;
    return spec != null && whyNot(workload, spec).isEmpty();
  }

  /** What others need is not free for those that a plan has no place for. */
  private static List<WorkloadEntry> plannedFirst(List<WorkloadEntry> there, JointPlan plan) {
    List<WorkloadEntry> order = new ArrayList<>(there);
    order.sort(Comparator.comparing(workload -> !plan.hosts().containsKey(workload.id)));
    return order;
  }

  /** Partners are only ever moved together. */
  private void takeAlong(
      WorkloadEntry first,
      Step step,
      HostEntry host,
      Room.Rehearsal rehearsal,
      SortedMap<WorkloadId, Step> steps) {
    if (step.target().isEmpty()) {
      return;
    }
    HostId target = step.target().get();
    SortedSet<WorkloadId> partners = rehearsal.partnersOf(first.id);
    for (WorkloadId id : partners) {
      WorkloadEntry partner = state.workload(id);
      Workload spec = partner.spec;
      if (spec != null && host.placed.contains(id) && !id.equals(first.id)) {
        rehearsal.suppose(id, target);
        String why = "with " + first.id + ", its partner";
        steps.putIfAbsent(
            id, new Step(id, Optional.of(target), isLive(spec), why, wayBack(partner, host)));
      }
    }
  }

  private Step stepOf(
      WorkloadEntry workload, HostEntry host, Room.Rehearsal rehearsal, JointPlan plan) {
    Workload spec = workload.spec;
    if (spec == null) {
      return stays(workload, "it is not protected any more, or its record cannot be read");
    }
    Optional<String> against = whyNot(workload, spec);
    if (against.isPresent()) {
      return stays(workload, against.get());
    }
    Choice choice = choose(workload, rehearsal, plan);
    if (choice instanceof Choice.Chosen chosen) {
      Optional<String> partners = whyNotTogether(workload, host, chosen.host(), rehearsal);
      if (partners.isPresent()) {
        return stays(workload, partners.get());
      }
      rehearsal.suppose(workload.id, chosen.host());
      return new Step(
          workload.id,
          Optional.of(chosen.host()),
          isLive(spec),
          chosen.why(),
          wayBack(workload, host));
    }
    return stays(workload, ((Choice.NoHost) choice).describe());
  }

  private static Choice choose(WorkloadEntry workload, Room.Rehearsal rehearsal, JointPlan plan) {
    return Optional.ofNullable(plan.hosts().get(workload.id))
        .map(host -> new Choice.Chosen(host, plan.why()))
        .filter(chosen -> rehearsal.blockedBy(workload.id, chosen.host()).isEmpty())
        .map(Choice.class::cast)
        .orElseGet(() -> rehearsal.choose(workload.id, Destinations.usual(workload)));
  }

  /** Its partners go along, so what keeps one of them keeps it, too. */
  private Optional<String> whyNotTogether(
      WorkloadEntry workload, HostEntry from, HostId target, Room.Rehearsal rehearsal) {
    for (WorkloadId id : rehearsal.partnersOf(workload.id)) {
      WorkloadEntry partner = state.workload(id);
      Workload spec = partner.spec;
      Optional<String> against =
          spec == null || !from.placed.contains(id) || isKeptStopped(partner)
              ? Optional.empty()
              : whyNot(partner, spec);
      if (against.isPresent()) {
        return Optional.of(id + ", its partner, cannot come along: " + against.get());
      }
    }
    return rehearsal.blockedBy(workload.id, target).map(Refusal::detail);
  }

  private boolean isKeptStopped(WorkloadEntry workload) {
    return WorkloadFacts.of(state, workload).wish() != WorkloadTable.Wish.RUN;
  }

  private Optional<String> whyNot(WorkloadEntry workload, Workload spec) {
    if (!spec.policy().movable()) {
      return Optional.of("its policy says that it is not moved for others' sake");
    }
    if (Disarming.isWanted(state)) {
      return Optional.of("the cluster is disarmed, or about to be");
    }
    if (workload.placement.move().isPresent()) {
      return Optional.of("a move of it is under way");
    }
    if (isKeptStopped(workload)) {
      return Optional.of("it is not wanted running: it is stopped, and stays in the books");
    }
    return workload.lock().map(lock -> "it is locked: " + lock);
  }

  private static Step stays(WorkloadEntry workload, String why) {
    return new Step(workload.id, Optional.empty(), false, why, Optional.empty());
  }

  private static boolean isLive(Workload spec) {
    return spec.policy().migration() == Migration.LIVE;
  }

  /** One that is on its way back already forgets where it was driven away from before. */
  private static Optional<HostId> wayBack(WorkloadEntry workload, HostEntry host) {
    return workload.placement.wayBack().isEmpty() ? Optional.of(host.id) : Optional.empty();
  }
}
