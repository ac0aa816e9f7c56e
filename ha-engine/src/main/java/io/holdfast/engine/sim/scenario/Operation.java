package io.holdfast.engine.sim.scenario;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;

/** Something that is done to a cluster: by chance, by people, or by programs. */
public sealed interface Operation {

  /** Has the stage do it. */
  void on(Stage stage);

  /** In few words, such as {@code power node1 on}. */
  default String describe() {
    return OperationWords.of((Record) this);
  }

  /** The power of a host. Switching it on plugs the network in too. */
  record Power(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.power(host, on);
    }
  }

  /** A host's cable: everything but its fence device and its storage goes through it. */
  record Network(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.network(host, on);
    }
  }

  /** A host's way to the shared storage. */
  record Storage(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.storage(host, on);
    }
  }

  /** Whether a host's fence device answers. */
  record Bmc(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.bmc(host, on);
    }
  }

  /** The process of a host's agent dies, or is started again. */
  record Agent(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.agent(host, on);
    }
  }

  /** A planned restart of a host's agent. */
  record AgentRestart(HostId host) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.agentRestart(host);
    }
  }

  /** A host's processes stand still for a while; its hardware lives. */
  record Pause(HostId host, Duration time) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.pause(host, time);
    }
  }

  /** Only those of one group reach each other. Whoever is in none is in one more group. */
  record Partition(List<SortedSet<HostId>> groups) implements Operation {
    public Partition {
      groups = List.copyOf(groups);
    }

    @Override
    public void on(Stage stage) {
      stage.partition(groups);
    }
  }

  /** Ends every partition. */
  record Heal() implements Operation {
    @Override
    public void on(Stage stage) {
      stage.heal();
    }
  }

  /** Which of a host's calls to the records of the coordination store are answered. */
  record Store(HostId host, boolean reads, boolean writes) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.store(host, reads, writes);
    }
  }

  /** The process of a machine's controller candidate dies, or is started again. */
  record Controller(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.controller(host, on);
    }
  }

  /** A person shuts a host down. */
  record Shutdown(HostId host) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.shutdown(host);
    }
  }

  /** A person reboots a host. */
  record Reboot(HostId host) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.reboot(host);
    }
  }

  /** A host is taken out of service, or given back. */
  record Maintenance(HostId host, boolean on) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.maintenance(host, on);
    }
  }

  /** High availability is switched off for the whole cluster. */
  record Disarm(DisarmMode mode) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.disarm(mode);
    }
  }

  /** Ends {@link Disarm}. */
  record Arm() implements Operation {
    @Override
    public void on(Stage stage) {
      stage.arm();
    }
  }

  /** Something else is wanted of a workload. */
  record Desired(WorkloadId workload, DesiredState state) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.desired(workload, state);
    }
  }

  /** A person moves a workload, live if it can be. */
  record Move(WorkloadId workload, HostId to) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.move(workload, to);
    }
  }

  /** A person has a workload stopped and started elsewhere. */
  record Relocate(WorkloadId workload, HostId to) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.relocate(workload, to);
    }
  }

  /** A person stops a workload; after the time-out it is stopped the hard way. */
  record Stop(WorkloadId workload, Duration timeout) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.stop(workload, timeout);
    }
  }

  /** One more workload is protected. */
  record Add(WorkloadSpec workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.add(workload);
    }
  }

  /** A workload is not protected any more. */
  record Remove(WorkloadId workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.remove(workload);
    }
  }

  /** A workload's demand is changed. */
  record Demand(WorkloadId workload, Capacity demand) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.demand(workload, demand);
    }
  }

  /** A workload is measured to use something else. */
  record Load(WorkloadId workload, Capacity load) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.load(workload, load);
    }
  }

  /** A guest crashes. */
  record Crash(WorkloadId workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.crash(workload);
    }
  }

  /** A guest shuts itself down. */
  record GuestShutdown(WorkloadId workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.guestShutdown(workload);
    }
  }

  /** Somebody moves a workload past the engine. */
  record MovedByHand(WorkloadId workload, HostId to) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.movedByHand(workload, to);
    }
  }

  /** The platform needs a workload left as it is, for a backup say. */
  record Lock(WorkloadId workload, String reason) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.lock(workload, reason);
    }
  }

  /** Ends {@link Lock}. */
  record Unlock(WorkloadId workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.unlock(workload);
    }
  }

  /** A person has looked at a failed workload and wants it tried again. */
  record Cleanup(WorkloadId workload) implements Operation {
    @Override
    public void on(Stage stage) {
      stage.cleanup(workload);
    }
  }

  /** Where operations happen. */
  interface Stage {
    void power(HostId host, boolean on);

    void network(HostId host, boolean on);

    void storage(HostId host, boolean on);

    void bmc(HostId host, boolean on);

    void agent(HostId host, boolean on);

    void agentRestart(HostId host);

    void pause(HostId host, Duration time);

    void partition(List<SortedSet<HostId>> groups);

    void heal();

    void store(HostId host, boolean reads, boolean writes);

    void controller(HostId host, boolean on);

    void shutdown(HostId host);

    void reboot(HostId host);

    void maintenance(HostId host, boolean on);

    void disarm(DisarmMode mode);

    void arm();

    void desired(WorkloadId workload, DesiredState state);

    void move(WorkloadId workload, HostId to);

    void relocate(WorkloadId workload, HostId to);

    void stop(WorkloadId workload, Duration timeout);

    void add(WorkloadSpec workload);

    void remove(WorkloadId workload);

    void demand(WorkloadId workload, Capacity demand);

    void load(WorkloadId workload, Capacity load);

    void crash(WorkloadId workload);

    void guestShutdown(WorkloadId workload);

    void movedByHand(WorkloadId workload, HostId to);

    void lock(WorkloadId workload, String reason);

    void unlock(WorkloadId workload);

    void cleanup(WorkloadId workload);
  }
}
