package io.holdfast.engine.sim.scenario;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.HostId;
import io.holdfast.api.Names;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.json.JsonField;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Reads one step of a timeline. */
final class OperationReader {
  private static final String HOST = "the name of a host";
  private static final String WORKLOAD = "the name of a workload";

  private final ScenarioNames names;
  private final WorkloadReader workloads;
  private final SortedMap<String, Function<JsonField, Operation>> operations = new TreeMap<>();

  OperationReader(ScenarioNames names, WorkloadReader workloads) {
    this.names = names;
    this.workloads = workloads;
    operations.put("power", in -> ofMachine(in, Operation.Power::new));
    operations.put("network", in -> ofMachine(in, Operation.Network::new));
    operations.put("controller", in -> ofMachine(in, Operation.Controller::new));
    operations.put("storage", in -> ofHost(in, Operation.Storage::new));
    operations.put("bmc", in -> ofHost(in, Operation.Bmc::new));
    operations.put("agent", in -> ofHost(in, Operation.Agent::new));
    operations.put("maintenance", in -> ofHost(in, Operation.Maintenance::new));
    operations.put("agent-restart", in -> new Operation.AgentRestart(host(fields(in, "host"))));
    operations.put("shutdown", in -> new Operation.Shutdown(host(fields(in, "host"))));
    operations.put("reboot", in -> new Operation.Reboot(host(fields(in, "host"))));
    operations.put("pause", this::pause);
    operations.put("partition", this::partition);
    operations.put("heal", in -> bare(in, new Operation.Heal()));
    operations.put("store", this::store);
    operations.put("disarm", this::disarm);
    operations.put("arm", in -> bare(in, new Operation.Arm()));
    operations.put("desired", this::desired);
    operations.put("move", in -> to(in, Operation.Move::new));
    operations.put("relocate", in -> to(in, Operation.Relocate::new));
    operations.put("moved-by-hand", in -> to(in, Operation.MovedByHand::new));
    operations.put("stop", this::stop);
    operations.put("add", this::add);
    operations.put("remove", this::remove);
    operations.put("demand", in -> amounts(in, Operation.Demand::new));
    operations.put("load", in -> amounts(in, Operation.Load::new));
    operations.put("crash", in -> of(in, Operation.Crash::new));
    operations.put("guest-shutdown", in -> of(in, Operation.GuestShutdown::new));
    operations.put("unlock", in -> of(in, Operation.Unlock::new));
    operations.put("cleanup", in -> of(in, Operation.Cleanup::new));
    operations.put("lock", this::lock);
  }

  Operation read(JsonField in) {
    return in.required("op", "one of " + String.join(", ", operations.keySet()))
        .oneOf(operations)
        .apply(in);
  }

  private interface ForHost {
    Operation make(HostId host, boolean on);
  }

  private interface ForMove {
    Operation make(WorkloadId workload, HostId to);
  }

  private interface ForAmounts {
    Operation make(WorkloadId workload, Capacity amounts);
  }

  private static JsonField fields(JsonField in, String... own) {
    List<String> all = new ArrayList<>(List.of("at", "op"));
    all.addAll(List.of(own));
    return in.object(all.toArray(new String[0]));
  }

  private static Operation bare(JsonField in, Operation operation) {
    fields(in);
    return operation;
  }

  private HostId host(JsonField in) {
    return names.knownHost(in.required("host", HOST));
  }

  private WorkloadId workload(JsonField in) {
    return names.workload(in.required("workload", WORKLOAD));
  }

  private static boolean flag(JsonField in, String name) {
    return in.required(name, "true or false").flag();
  }

  private Operation ofHost(JsonField in, ForHost maker) {
    fields(in, "host", "on");
    return maker.make(host(in), flag(in, "on"));
  }

  private Operation ofMachine(JsonField in, ForHost maker) {
    fields(in, "host", "on");
    return maker.make(names.knownMachine(in.required("host", HOST)), flag(in, "on"));
  }

  private Operation of(JsonField in, Function<WorkloadId, Operation> maker) {
    return maker.apply(workload(fields(in, "workload")));
  }

  private Operation to(JsonField in, ForMove maker) {
    fields(in, "workload", "to");
    return maker.make(workload(in), names.knownHost(in.required("to", HOST)));
  }

  private Operation amounts(JsonField in, ForAmounts maker) {
    fields(in, "workload", "cpu", "memory");
    return maker.make(workload(in), ScenarioNames.amounts(in));
  }

  private Operation pause(JsonField in) {
    fields(in, "host", "seconds");
    HostId host = names.knownMachine(in.required("host", HOST));
    return new Operation.Pause(
        host, ScenarioReader.seconds(in.required("seconds", "a number of seconds")));
  }

  private Operation partition(JsonField in) {
    fields(in, "groups");
    JsonField list = in.required("groups", "a list of groups, each a list of hosts");
    SortedSet<HostId> seen = new TreeSet<>();
    List<SortedSet<HostId>> groups = new ArrayList<>();
    for (JsonField group : list.elements()) {
      SortedSet<HostId> members = new TreeSet<>();
      for (JsonField member : group.elements()) {
        HostId id = names.knownMachine(member);
        if (!seen.add(id)) {
          throw member.refuse("a second time", "each host in one group");
        }
        members.add(id);
      }
      groups.add(members);
    }
    return new Operation.Partition(groups);
  }

  private Operation store(JsonField in) {
    fields(in, "host", "reads", "writes");
    HostId host = names.knownMachine(in.required("host", HOST));
    return new Operation.Store(host, flag(in, "reads"), flag(in, "writes"));
  }

  private Operation disarm(JsonField in) {
    fields(in, "mode");
    return new Operation.Disarm(
        in.required("mode", "freeze, ignore")
            .oneOf(
                Map.of(
                    "freeze", DisarmMode.FREEZE,
                    "ignore", DisarmMode.IGNORE)));
  }

  private Operation desired(JsonField in) {
    fields(in, "workload", "state");
    return new Operation.Desired(
        workload(in),
        in.required("state", String.join(", ", WorkloadReader.states().keySet()))
            .oneOf(WorkloadReader.states()));
  }

  private Operation stop(JsonField in) {
    fields(in, "workload", "timeout");
    WorkloadId workload = workload(in);
    JsonField timeout = in.required("timeout", "a duration such as PT60S, or seconds");
    Duration time =
        timeout.isText()
            ? timeout.duration(Duration.ZERO, Duration.ofDays(1))
            : ScenarioReader.seconds(timeout);
    return new Operation.Stop(workload, time);
  }

  private Operation add(JsonField in) {
    fields(in, "workload");
    JsonField field = in.required("workload", "a workload");
    WorkloadSpec workload = workloads.read(field);
    names.present(field.required("id", "a name"), workload.id());
    return new Operation.Add(workload);
  }

  private Operation remove(JsonField in) {
    WorkloadId workload = workload(fields(in, "workload"));
    names.removed(workload);
    return new Operation.Remove(workload);
  }

  private Operation lock(JsonField in) {
    fields(in, "workload", "reason");
    return new Operation.Lock(
        workload(in), in.required("reason", "a text").line(Names.LONGEST_LINE));
  }
}
