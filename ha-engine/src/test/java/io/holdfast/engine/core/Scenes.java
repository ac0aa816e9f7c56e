package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Where most scripts begin. */
final class Scenes {
  private Scenes() {}

  static WorkloadConfig workload(String id) {
    return new WorkloadConfig(Workload.of(id, Priority.MEDIUM, Capacity.of(1, 1024)));
  }

  static WorkloadConfig newWorkload(String id) {
    return new WorkloadConfig(workload(id).workload().withOrigin(Workload.Origin.NEW));
  }

  /** Three hosts online, led with epoch 1; nothing is protected. */
  static ControllerScript threeHosts() {
    return new ControllerScript("host1", "host2", "host3")
        .seesLeases()
        .leads(1)
        .allReport("host1", "host2", "host3");
  }

  /** Three hosts online; {@code vm:1} runs on host1. */
  static ControllerScript vmOnHost1() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  /** As {@link #vmOnHost1}, and host1 is lost: its devices are about to be asked. */
  static ControllerScript host1IsBeingFenced() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    return script;
  }

  /** All that was ever said of it, each time as its status and why. */
  static List<String> said(ControllerScript script, String id) {
    return script.told(HaEvent.WorkloadStatusChanged.class).stream()
        .filter(event -> event.workload().toString().equals(id))
        .map(event -> event.to() + ": " + event.reason())
        .toList();
  }

  /** The platform changes what it says of the workload. */
  static void changes(ControllerScript script, String id, UnaryOperator<Workload> change) {
    Key key = new Key(Table.WORKLOAD, id);
    Workload now = ((WorkloadConfig) script.stored(key)).workload();
    script.put(new WorkloadConfig(change.apply(now))).reread(key);
  }

  static void wants(ControllerScript script, String id, DesiredState desired) {
    changes(script, id, workload -> workload.withDesired(desired));
  }

  static void locks(ControllerScript script, String id, Optional<String> reason) {
    changes(script, id, workload -> workload.withLock(reason));
  }

  /** An operator asks for something once. */
  static void asks(ControllerScript script, String id, long number, WorkloadRequest.Action action) {
    WorkloadRequest request = new WorkloadRequest(WorkloadId.parse(id), number, action);
    script.put(request).reread(request.key());
  }

  /** A person says that this incarnation of the host is down. */
  static void saysDown(ControllerScript script, String host, long incarnation, String who) {
    HostDirective.Confirmation word =
        new HostDirective.Confirmation(new Incarnation(incarnation), who);
    HostDirective directive = new HostDirective(new HostId(host), false, Optional.of(word));
    script.put(directive).reread(directive.key());
  }

  static Placement placement(ControllerScript script, String id) {
    return (Placement) script.stored(new Key(Table.PLACEMENT, id));
  }

  static HostIntent intent(ControllerScript script, String host) {
    return (HostIntent) script.stored(new Key(Table.INTENT, host));
  }

  /** What the host is told of this workload. */
  static HostIntent.Entry order(ControllerScript script, String id, String host) {
    return Objects.requireNonNull(intent(script, host).entries().get(WorkloadId.parse(id)));
  }

  /** The host reports on this order alone. */
  static void reports(ControllerScript script, String id, String host, Condition condition) {
    Placement placement = (Placement) script.stored(new Key(Table.PLACEMENT, id));
    OpId assignment = placement.owner().orElseThrow().assignment();
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    entries.put(
        WorkloadId.parse(id), new HostReport.Entry(assignment, condition, 1, detailOf(condition)));
    script.reports(host, entries);
  }

  /** The host reports all that it was ordered as running, and of these that they are paused. */
  static void reportsPaused(ControllerScript script, String host, String... paused) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    intent(script, host)
        .entries()
        .forEach(
            (id, order) -> {
              var entry = new HostReport.Entry(order.assignment(), Condition.RUNNING, 0, "");
              boolean isPaused = List.of(paused).contains(id.toString());
              entries.put(id, isPaused ? entry.whilePaused() : entry);
            });
    script.reports(host, entries);
  }

  private static String detailOf(Condition condition) {
    return condition == Condition.GIVEN_UP ? "crashed" : "";
  }
}
