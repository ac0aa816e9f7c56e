package io.holdfast.examples.lab;

import io.holdfast.api.Definition;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.StopReason;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import io.holdfast.engine.EventJson;
import io.holdfast.engine.HaEngine;
import io.holdfast.engine.HostAgent;
import io.holdfast.engine.sim.InMemoryFenceDevice;
import io.holdfast.engine.sim.InMemoryHypervisor;
import io.holdfast.engine.sim.PhysicalWorld;
import io.holdfast.zookeeper.ZooKeeperCoordination;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;
import org.jspecify.annotations.Nullable;

/**
 * The same cluster in one process and in real time: the real engine and agents on a ZooKeeper
 * server in the process, with simulated hosts, hypervisor and BMCs. Needs no root and no packages.
 */
final class EmbeddedStage implements Stage {
  private static final Duration GUEST_BOOT = Duration.ofMillis(800);
  private static final Duration UP = Duration.ofSeconds(60);

  private final Duration silence;
  private final Moments moments = new Moments();
  private final EventJson json = new EventJson();
  private final PhysicalWorld world = new PhysicalWorld();
  private final SortedMap<HostId, PowerSwitch> switches = new TreeMap<>();
  private final AtomicBoolean ranTwice = new AtomicBoolean();
  private final AtomicLong boots = new AtomicLong();
  private final Map<WorkloadId, Long> bootOf = new ConcurrentHashMap<>();
  private final ExecutorService hypervisorEvents = Executors.newSingleThreadExecutor(this::daemon);
  private final ScheduledExecutorService guests =
      Executors.newSingleThreadScheduledExecutor(this::daemon);
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private @Nullable Path directory;

  EmbeddedStage(Duration silence) {
    this.silence = silence;
  }

  @Override
  public void prepare() throws Exception {
    Path home = Files.createTempDirectory("holdfast-embedded");
    directory = home;
    String servers = startZooKeeper(home);
    LabNetwork.HOSTS.forEach(world::addHost);
    world.observe(new GuestsAndPower());
    List<HaEngine> engines = new ArrayList<>();
    for (HostId host : LabNetwork.HOSTS) {
      engines.add(startHost(host, servers, home.resolve(host.value())));
    }
    protect(engines.get(0));
  }

  private String startZooKeeper(Path home) throws Exception {
    Properties settings = new Properties();
    settings.setProperty("tickTime", "200");
    settings.setProperty("clientPort", "0");
    settings.setProperty("clientPortAddress", "127.0.0.1");
    settings.setProperty("admin.enableServer", "false");
    ZooKeeperServerEmbedded server =
        ZooKeeperServerEmbedded.builder()
            .baseDir(home)
            .configuration(settings)
            .exitHandler(ExitHandler.LOG_ONLY)
            .build();
    parts.push(server);
    server.start();
    return server.getConnectionString();
  }

  private HaEngine startHost(HostId host, String servers, Path home) throws IOException {
    PowerSwitch power = new PowerSwitch();
    switches.put(host, power);
    ZooKeeperCoordination coordination =
        ZooKeeperCoordination.builder(servers + "/holdfast")
            .sessionTimeout(silence.multipliedBy(4).dividedBy(5))
            .build();
    parts.push(coordination);
    Membership membership = power.guard(Membership.class, coordination.membership());
    StateStore store = power.guard(StateStore.class, coordination.stateStore());
    Timings timings = LabNetwork.timings(silence);
    HaEngine.Builder builder =
        HaEngine.builder()
            .candidate(host.value())
            .membership(membership)
            .store(store)
            .timings(timings)
            .listener((at, event) -> tell(power, json.line(at, host.value(), event)));
    for (HostId other : LabNetwork.HOSTS) {
      FenceDevice bmc = new InMemoryFenceDevice("bmc-" + other, other, world);
      builder.fenceDevices(other, List.of(power.guard(FenceDevice.class, bmc)));
    }
    Hypervisor hypervisor = new InMemoryHypervisor(world, host, Set.of("vm"), hypervisorEvents);
    HostAgent agent =
        HostAgent.builder()
            .host(host)
            .membership(membership)
            .store(store)
            .hypervisor(power.guard(Hypervisor.class, hypervisor))
            .stateDirectory(home)
            .timings(timings)
            .listener((at, event) -> tell(power, json.line(at, host.value(), event)))
            .build();
    HaEngine engine = builder.build();
    parts.push(agent);
    parts.push(engine);
    agent.start();
    engine.start();
    return engine;
  }

  private void tell(PowerSwitch power, String line) {
    if (power.isOn()) {
      moments.addLine("embedded", line);
    }
  }

  private void protect(HaEngine engine) throws IOException, InterruptedException {
    for (HostId host : LabNetwork.HOSTS) {
      done(engine.register(Host.of(host.value(), LabNetwork.HOST_CAPACITY)));
    }
    // The guests are spread over all hosts, not over those that were first to come up.
    if (!moments.await(UP, seen -> LabNetwork.HOSTS.stream().allMatch(h -> cameUp(seen, h)))) {
      throw new IOException("not all hosts have come up within " + UP);
    }
    for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
      WorkloadId id = guest.workload().id();
      Definition definition = InMemoryHypervisor.definitionOf(id);
      done(engine.protect(guest.workload(), definition));
    }
  }

  private static boolean cameUp(List<Moment> seen, HostId host) {
    return seen.stream()
        .filter(m -> m.is("HostStateChanged") && m.text("host").equals(host.value()))
        .anyMatch(m -> m.text("to").equals("ONLINE"));
  }

  private static void done(Outcome<Outcome.Ack> outcome) throws IOException {
    if (!outcome.isDone()) {
      throw new IOException("the store did not take it: " + outcome);
    }
  }

  @Override
  public boolean awaitAnswers(Duration patience, List<LabNetwork.Guest> wanted)
      throws InterruptedException {
    return moments.await(patience, seen -> wanted.stream().allMatch(g -> Moments.answers(seen, g)));
  }

  @Override
  public Moments moments() {
    return moments;
  }

  @Override
  public HostId controller() {
    return moments
        .last(m -> m.is("ControllerElected"))
        .map(m -> new HostId(m.text("candidate")))
        .orElseThrow();
  }

  @Override
  public String storeLeader() {
    return "this process";
  }

  /** Its processes fall silent and its guests are gone; the BMC says on until it is told off. */
  @Override
  public void cut(HostId host) {
    PowerSwitch power = switches.get(host);
    if (power == null) {
      throw new IllegalArgumentException("no host " + host);
    }
    happened("power-cut", host.value());
    power.cut();
    world.copiesOn(host).forEach(copy -> world.stopCopy(copy, host, StopReason.UNKNOWN));
  }

  @Override
  public boolean ranTwice() {
    return ranTwice.get();
  }

  @Override
  public String mode() {
    return "embedded";
  }

  @Override
  public String accelerator() {
    return "none";
  }

  @Override
  public String lastWords() {
    StringBuilder words = new StringBuilder();
    List<Moment> all = moments.all();
    all.stream().skip(Math.max(0, all.size() - 60)).forEach(m -> words.append(m).append('\n'));
    return words.toString();
  }

  @Override
  public void end() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
    guests.shutdownNow();
    hypervisorEvents.shutdownNow();
    if (directory != null) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void happened(String what, String host) {
    moments.addLine(
        "embedded",
        "{\"atMillis\":%d,\"what\":\"%s\",\"host\":\"%s\"}"
            .formatted(System.currentTimeMillis(), what, host));
  }

  private Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "embedded");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Lets guests answer a while after they were started and fall silent when they end, and sees what
   * must never be.
   */
  private final class GuestsAndPower implements PhysicalWorld.Observer {
    @Override
    public void onPower(HostId host, boolean on) {
      happened(on ? "started" : "bmc-off-confirmed", host.value());
    }

    @Override
    public void onCopyStarted(WorkloadId workload, HostId host) {
      if (world.hostsRunning(workload).size() > 1) {
        ranTwice.set(true);
      }
      long boot = boots.incrementAndGet();
      bootOf.put(workload, boot);
      ScheduledFuture<?> answer =
          guests.schedule(
              () -> answer(workload, boot), GUEST_BOOT.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.isCancelled()) {
        throw new IllegalStateException("the stage has ended");
      }
    }

    @Override
    public void onCopyStopped(WorkloadId workload, HostId host, StopReason reason) {
      if (world.hostsRunning(workload).isEmpty()) {
        bootOf.remove(workload);
        guests.execute(() -> tell("GuestSilent", workload, ""));
      }
    }

    private void answer(WorkloadId workload, long boot) {
      if (boot == bootOf.getOrDefault(workload, 0L)) {
        tell("GuestAnswers", workload, Long.toString(boot));
      }
    }

    /** On the guests' one thread, so that the last word is the latest. */
    private void tell(String event, WorkloadId workload, String boot) {
      moments.addLine(
          "guest",
          "{\"atMillis\":%d,\"event\":\"%s\",\"workload\":\"%s\",\"boot\":\"%s\"}"
              .formatted(System.currentTimeMillis(), event, workload, boot));
    }
  }
}
