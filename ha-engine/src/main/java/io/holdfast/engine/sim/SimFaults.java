package io.holdfast.engine.sim;

import io.holdfast.api.Departure;
import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What can be done to a {@link SimWorld}, at any time and in any order. */
public final class SimFaults {
  private static final Duration BY_HAND = Duration.ofSeconds(1);

  private final SimWorld world;

  SimFaults(SimWorld world) {
    this.world = world;
  }

  /** Dies without a word: guests and processes are gone, its power reads on. */
  public void crash(HostId host) {
    say(host, "crashes");
    world.physical().crash(host);
  }

  /** Its power is cut; its BMC still answers and reads it as off. */
  public void cutPower(HostId host) {
    say(host, "loses its power");
    world.physical().powerOff(host);
  }

  /** Power is there and the host boots, whatever happened before. One that is up stays up. */
  public void bringUp(HostId host) {
    if (!world.physical().isUp(host)) {
      say(host, "is brought up");
      world.physical().powerOn(host);
      if (!world.physical().isUp(host)) {
        world.physical().reset(host);
      }
    }
  }

  /**
   * Somebody shuts the host down or reboots it as planned, or restarts its agent: that one is told,
   * and waited for. Without a running agent it is done at once.
   *
   * @param patience how long the agent is waited for
   */
  public void leave(HostId host, Departure departure, Duration patience) {
    world.departures().begin(host, departure, patience);
  }

  /** The agent's process ends; guests run on. */
  public void killAgent(HostId host) {
    say(host, "its agent is killed");
    world.machine(host).killAgent();
  }

  /** The agent's process is started on a host that is up and has none. */
  public void startAgent(HostId host) {
    say(host, "its agent is started");
    world.machine(host).startAgent();
  }

  /** The controller's process ends; the agent and guests run on. */
  public void killController(HostId host) {
    say(host, "its controller is killed");
    world.machine(host).killController();
  }

  /** The controller's process is started on a host that is up and has none. */
  public void startController(HostId host) {
    say(host, "its controller is started");
    world.machine(host).startController();
  }

  /** Somebody ends a guest where it runs, past the engine. */
  public void endByHand(HostId host, WorkloadId workload) {
    say(host, workload + " is ended by hand");
    var unused = world.machine(host).hypervisor.destroy(workload, BY_HAND);
  }

  /** Somebody starts a guest on this host, past the engine. */
  public void startByHand(HostId host, WorkloadId workload) {
    say(host, workload + " is started by hand");
    world.checkers().isStartedByHand(workload, host);
    var unused =
        world
            .machine(host)
            .hypervisor
            .start(workload, InMemoryHypervisor.definitionOf(workload), BY_HAND);
  }

  /** SIGSTOP to the agent. */
  public void pauseAgent(HostId host) {
    pause(world.machine(host).agent);
  }

  /** SIGSTOP to the controller. */
  public void pauseController(HostId host) {
    pause(world.machine(host).controller);
  }

  /** SIGCONT to whatever is stopped on the host. */
  public void resume(HostId host) {
    for (SimProcess<?, ?> process : world.machine(host).processes()) {
      if (process.isPaused()) {
        say(host, process.name() + " goes on");
        process.resume();
      }
    }
  }

  private void pause(@Nullable SimProcess<?, ?> process) {
    if (process != null && !process.isPaused()) {
      say(process.host, process.name() + " is stopped");
      process.pause();
    }
  }

  /** Cuts the host off from the coordination service. Guests and the BMC are not concerned. */
  public void partition(HostId host) {
    network(host, true, true);
  }

  /** Cuts only the agent off; the host's controller still sees everybody. */
  public void partitionAgent(HostId host) {
    network(host, true, world.machine(host).controllerPartitioned);
  }

  /** Cuts only the controller off; its host is still heard. */
  public void partitionController(HostId host) {
    network(host, world.machine(host).agentPartitioned, true);
  }

  /**
   * Its network carries in one direction only: what it sends to the coordination service is lost,
   * or what that sends to it. After a while its processes notice that nothing is answered.
   */
  public void oneWay(HostId host, InMemoryConnection.Fault lost) {
    oneWay(host, Optional.of(lost));
  }

  private void oneWay(HostId host, Optional<InMemoryConnection.Fault> lost) {
    SimHost machine = world.machine(host);
    if (!machine.oneWay.equals(lost)) {
      say(host, "network: " + lost.map(f -> "one way, every " + f).orElse("both ways again"));
      machine.oneWay = lost;
      world.network().changed();
    }
  }

  /** Ends every partition of this host. */
  public void rejoin(HostId host) {
    network(host, false, false);
    oneWay(host, Optional.empty());
  }

  /** What the disk of the host's agent does from now on. */
  void disk(HostId host, SimDisk.Fault fault) {
    say(host, "its disk: " + fault);
    world.machine(host).disk.setFault(fault);
  }

  private void network(HostId host, boolean agentCut, boolean controllerCut) {
    SimHost machine = world.machine(host);
    if (machine.agentPartitioned != agentCut || machine.controllerPartitioned != controllerCut) {
      say(host, "network: agent " + upOrDown(agentCut) + ", controller " + upOrDown(controllerCut));
      machine.agentPartitioned = agentCut;
      machine.controllerPartitioned = controllerCut;
      world.network().changed();
    }
  }

  private static String upOrDown(boolean cut) {
    return cut ? "cut off" : "connected";
  }

  /** The service ends the session of a controller that lives. */
  public void expireController(HostId host) {
    SimController controller = world.machine(host).controller;
    if (controller != null) {
      say(host, "its controller's session expires");
      controller.link.connection().expireSession();
    }
  }

  /** The service ends the session of an agent that lives. */
  public void expireAgent(HostId host) {
    SimAgent agent = world.machine(host).agent;
    if (agent != null) {
      say(host, "its agent's session expires");
      agent.link.connection().expireSession();
    }
  }

  /** The next call of this kind by the host's controller goes wrong. */
  public void faultController(
      HostId host, InMemoryConnection.Call call, InMemoryConnection.Fault fault) {
    SimController controller = world.machine(host).controller;
    if (controller != null) {
      say(host, "its controller's next " + call + ": " + fault);
      controller.link.connection().inject(call, fault);
    }
  }

  /** The coordination service answers nobody. */
  public void serviceDown() {
    service(true);
  }

  /** Ends {@link #serviceDown}. It has lost nothing. */
  public void serviceUp() {
    service(false);
  }

  private void service(boolean down) {
    if (world.network().isServiceDown() != down) {
      world.fault("the coordination service is " + (down ? "down" : "up"));
      world.network().serviceDown(down);
    }
  }

  /** What all of the host's fence devices do from now on. */
  public void fenceDevices(HostId host, InMemoryFenceDevice.Fault fault) {
    world.machine(host).fenceDevices.forEach(device -> fence(host, device, fault));
  }

  /** What the host's BMC does from now on. */
  public void fenceDevice(HostId host, InMemoryFenceDevice.Fault fault) {
    fence(host, world.machine(host).bmc, fault);
  }

  /** What the last of the host's fence devices does from now on: an outlet, where it has one. */
  void lastFenceDevice(HostId host, InMemoryFenceDevice.Fault fault) {
    List<InMemoryFenceDevice> devices = world.machine(host).fenceDevices;
    if (!devices.isEmpty()) {
      fence(host, devices.get(devices.size() - 1), fault);
    }
  }

  private void fence(HostId host, InMemoryFenceDevice device, InMemoryFenceDevice.Fault fault) {
    say(host, device.name() + ": " + fault);
    device.setFault(fault);
  }

  /** A command that a fence device had taken and not answered takes effect, if there is one. */
  public void settleFenceDevices(HostId host) {
    for (InMemoryFenceDevice device : world.machine(host).fenceDevices) {
      if (device.lateCommands() > 0) {
        say(host, "a late command of " + device.name() + " takes effect");
        device.settleOne();
      }
    }
  }

  /** What the host's watchdog does from now on. */
  public void watchdog(HostId host, InMemoryWatchdog.Fault fault) {
    say(host, "its watchdog: " + fault);
    world.machine(host).watchdog.setFault(fault);
  }

  /** The storage of the host's workloads fails there, or works again. Guests run on. */
  public void storage(HostId host, boolean works) {
    if (world.physical().hasStorage(host) != works) {
      say(host, works ? "its storage works again" : "its storage fails");
      world.physical().setStorage(host, works);
    }
  }

  /** The guest runs and serves nobody, or serves again. Its end cures it too. */
  public void freezeGuest(WorkloadId workload, boolean frozen) {
    world.fault(workload + (frozen ? " freezes" : " serves again"));
    world.physical().freeze(workload, frozen);
  }

  /** What the tie-breaker says to the host's controller from now on. */
  public void tieBreaker(HostId host, Fact answer) {
    say(host, "its tie-breaker: " + answer);
    world.machine(host).tieBreaker.setAnswer(answer);
  }

  /** What the other channel says of the host from now on, where there is one. */
  public void hostCheck(HostId host, InMemoryHostCheck.Fault fault) {
    world
        .hostCheck()
        .ifPresent(
            check -> {
              say(host, "the other channel to it: " + fault);
              check.setFault(host, fault);
            });
  }

  /** What the host finds out about one of its conditions from now on. */
  public void condition(HostId host, String condition, Fact fact) {
    say(host, "condition " + condition + ": " + fact);
    world.machine(host).facts.ifPresent(facts -> facts.set(condition, fact));
  }

  /** The host's hypervisor answers nobody; guests run on. */
  public void hypervisorDown(HostId host) {
    say(host, "its hypervisor is down");
    world.machine(host).hypervisor.disconnect("down");
  }

  /** Ends {@link #hypervisorDown}. */
  public void hypervisorUp(HostId host) {
    say(host, "its hypervisor is up");
    world.machine(host).hypervisor.reconnect();
  }

  /** The next start of the workload on this host goes wrong. */
  public void faultStart(HostId host, WorkloadId workload, InMemoryHypervisor.StartFault fault) {
    say(host, "its next start of " + workload + ": " + fault);
    world.machine(host).hypervisor.faultNextStart(workload, fault);
  }

  /** The next live migration of the workload from this host goes wrong. */
  public void faultMigration(
      HostId host, WorkloadId workload, InMemoryHypervisor.MigrationFault fault) {
    say(host, "its next migration of " + workload + ": " + fault);
    world.machine(host).hypervisor.faultNextMigration(workload, fault);
  }

  /** Every migration that is under way ends now, in whichever way it can. */
  public void settleMigrations() {
    world.fault("migrations under way end");
    world.handMoves().settle();
    world.physical().completeMigrations();
  }

  /** The guest cannot be ended by whatever means of its hypervisor. */
  public void refuseEnd(HostId host, WorkloadId workload, boolean refuses) {
    say(host, workload + (refuses ? " cannot be ended" : " can be ended"));
    world.machine(host).hypervisor.refuseEnd(workload, refuses);
  }

  /** The guest takes no notice of being asked to stop. */
  public void ignoreStop(HostId host, WorkloadId workload, boolean ignores) {
    say(host, workload + (ignores ? " is deaf" : " listens"));
    world.machine(host).hypervisor.ignoreStop(workload, ignores);
  }

  /** The guest crashes wherever it runs. */
  public void crashGuest(WorkloadId workload) {
    endGuest(workload, StopReason.CRASHED);
  }

  /** The guest ends for this reason, wherever it runs. */
  public void endGuest(WorkloadId workload, StopReason reason) {
    for (HostId host : world.physical().hostsRunning(workload)) {
      say(host, workload + " ends: " + reason);
      world.machine(host).hypervisor.endUnasked(workload, reason);
    }
  }

  /** Everything is mended: hosts boot, networks, devices and processes work. */
  public void healAll() {
    serviceUp();
    world.departures().callOff();
    settleMigrations();
    world.platform().workloads().forEach(w -> freezeGuest(w.id(), false));
    world.platform().settle();
    for (SimHost machine : world.machines().values()) {
      HostId host = machine.id;
      fenceDevices(host, InMemoryFenceDevice.Fault.NONE);
      while (machine.fenceDevices.stream().anyMatch(device -> device.lateCommands() > 0)) {
        settleFenceDevices(host);
      }
      rejoin(host);
      machine.hypervisor.reconnect();
      watchdog(host, InMemoryWatchdog.Fault.NONE);
      disk(host, SimDisk.Fault.NONE);
      storage(host, true);
      tieBreaker(host, Fact.HOLDS);
      hostCheck(host, InMemoryHostCheck.Fault.NONE);
      machine.facts.ifPresent(InMemoryHostFacts::reset);
      resume(host);
      bringUp(host);
      startAgent(host);
      startController(host);
    }
  }

  private void say(HostId host, String what) {
    world.fault(host + " " + what);
  }
}
