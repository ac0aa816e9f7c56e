package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.Unreadable;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where room is made is sought with care, and what is in the way of it holds nobody up for long.
 */
class MakingRoomTest {
  private static final ClusterConfig EVICTING =
      new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.EVICT).build());
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private List<String> hosts = List.of("host1", "host2", "host3");
  private ControllerScript script = new ControllerScript("host1", "host2", "host3");
  private int placed;

  private static SortedSet<WorkloadId> set(String... ids) {
    SortedSet<WorkloadId> set = new TreeSet<>();
    for (String id : ids) {
      set.add(WorkloadId.parse(id));
    }
    return set;
  }

  private static Workload with(Workload spec, Priority priority, long processors) {
    return new Workload(
        spec.id(),
        priority,
        Capacity.of(processors, 16),
        spec.desired(),
        spec.origin(),
        spec.policy(),
        spec.lock());
  }

  private static Workload with(Workload spec, UnaryOperator<WorkloadPolicy.Builder> change) {
    return spec.withPolicy(change.apply(spec.policy().toBuilder()).build());
  }

  /** Runs on a host of 8 processors. */
  private void on(String host, String id, long processors, Priority priority) {
    Workload spec = with(Scenes.newWorkload(id).workload(), priority, processors);
    script.put(new WorkloadConfig(spec));
    script.put(
        Placement.none(spec.id())
            .withOwner(
                new Placement.Owner(
                    new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN)));
  }

  /** What is said of it from the beginning. */
  private void changed(String id, UnaryOperator<Workload> change) {
    WorkloadConfig config = (WorkloadConfig) script.stored(new Key(Table.WORKLOAD, id));
    script.put(new WorkloadConfig(change.apply(config.workload())));
  }

  private void areTogether(String... ids) {
    script.put(
        new RuleConfig(
            new Rule.WorkloadAffinity(
                "together", set(ids), Rule.Kind.POSITIVE, Rule.Level.HOST, true)));
  }

  private void runsOnlyOn(String id, String... allowed) {
    TreeMap<HostId, Integer> named = new TreeMap<>();
    for (String host : allowed) {
      named.put(new HostId(host), 1);
    }
    script.put(new RuleConfig(new Rule.HostAffinity("only", set(id), named, true)));
  }

  private void begins() {
    script.seesLeases().leads(2).allReport(hosts.toArray(String[]::new));
    hosts.forEach(host -> script.reports(host));
  }

  private void isLost(String host) {
    script.fallsSilent(host);
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  /** vm:1 needs half of a host; host2 runs vm:8 and vm:9, host3 nothing that may be stopped. */
  private void fullWithout(Priority vm8, Priority vm9) {
    script.put(EVICTING);
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 4, vm8);
    on("host2", "vm:9", 4, vm9);
    on("host3", "vm:7", 8, Priority.CRITICAL);
  }

  private void vm8IsBeingStopped() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
    assertThat(goalOf("vm:8")).isEqualTo(Goal.STOP);
  }

  /** It is to be stopped after vm:6, which takes its time; nobody else may be. */
  private void vm8IsToBeStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    on("host2", "vm:6", 0, Priority.LOW);
    changed("vm:6", spec -> with(spec, policy -> policy.dependsOn(set("vm:8"))));
    begins();
    Scenes.wants(script, "vm:6", DesiredState.STOPPED);
    isLost("host1");
    assertThat(evicted()).hasSize(1);
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
  }

  private void vm8RunsOn() {
    assertThat(phaseOf("vm:8")).contains(Stage.SPARED);
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
  }

  private static void reports(
      ControllerScript script, String host, Condition condition, String... ids) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, host)
        .entries()
        .forEach(
            (id, order) -> {
              boolean so = List.of(ids).contains(id.toString());
              Condition its = so ? condition : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), its, 0, ""));
            });
    script.reports(host, entries);
  }

  private List<String> evicted() {
    return script.told(HaEvent.EvictionBegun.class).stream()
        .map(told -> told.workload() + " " + told.host() + " " + told.beneficiary())
        .toList();
  }

  private void nobodyIsStopped() {
    isLost("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(evicted()).isEmpty();
  }

  private static Optional<String> ownerOf(ControllerScript script, String id) {
    return Scenes.placement(script, id).owner().map(owner -> owner.host().value());
  }

  private Optional<String> ownerOf(String id) {
    return ownerOf(script, id);
  }

  private Optional<Stage> phaseOf(String id) {
    return Scenes.placement(script, id).eviction().map(Placement.Eviction::phase);
  }

  private Goal goalOf(String id) {
    return Scenes.placement(script, id).owner().orElseThrow().goal();
  }

  // Where it is sought, and among whom

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nobodyIsStoppedForTheSakeOfARule(boolean hardCapacity) {
    script.put(new ClusterConfig(EVICTING.policy().toBuilder().hardCapacity(hardCapacity).build()));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 8, Priority.LOW);
    on("host3", "vm:7", 8, Priority.LOW);
    script.put(
        new RuleConfig(
            new Rule.WorkloadAffinity(
                "apart", set("vm:1", "vm:7", "vm:8"), Rule.Kind.NEGATIVE, Rule.Level.HOST, true)));
    begins();
    nobodyIsStopped();
  }

  @Test
  void hostsThatRulesForbidAreNotTriedBeforeTheOneThatTheyAllow() {
    List<String> all = new ArrayList<>();
    for (int i = 1; i <= 9; i++) {
      all.add("host" + i);
    }
    all.add("host99");
    hosts = List.copyOf(all);
    script = new ControllerScript(all.toArray(String[]::new));
    script.put(EVICTING);
    on("host1", "vm:1", 4, Priority.HIGH);
    hosts.stream()
        .filter(host -> !host.equals("host1"))
        .forEach(host -> on(host, "vm:on-" + host, 8, Priority.LOW));
    runsOnlyOn("vm:1", "host1", "host99");
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactly("vm:on-host99 host99 vm:1");
  }

  @Test
  void whatItsPolicyLetsRunNowhereElseIsNotStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    changed("vm:8", spec -> with(spec, policy -> policy.failover(false)));
    begins();
    nobodyIsStopped();
  }

  @Test
  void whatARuleLetsRunNowhereElseIsNotStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    runsOnlyOn("vm:8", "host2");
    begins();
    nobodyIsStopped();
  }

  @Test
  void whatCouldRunOnTheHostThatIsLostMayBe() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    runsOnlyOn("vm:8", "host2", "host1");
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
  }

  @Test
  void whereMoreThanAllIsTakenThatHasToGoToo() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    on("host2", "vm:6", 2, Priority.LOW);
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactlyInAnyOrder("vm:6 host2 vm:1", "vm:8 host2 vm:1");
    reports(script, "host2", Condition.STOPPED, "vm:6", "vm:8");
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whatIsMadeFreeStaysKeptWhenWhoLeftItRunsElsewhere() {
    script.put(EVICTING);
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host1", "vm:2", 4, Priority.LOW);
    on("host2", "vm:8", 2, Priority.LOW);
    on("host2", "vm:9", 4, Priority.CRITICAL);
    on("host3", "vm:7", 6, Priority.CRITICAL);
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    reports(script, "host2", Condition.STOPPED, "vm:8");
    assertThat(ownerOf("vm:8")).contains("host3");
    script.passes(Duration.ofMinutes(1));
    assertThat(ownerOf("vm:2")).as("4 are free, and meant for vm:1").isEmpty();
    Scenes.locks(script, "vm:1", Optional.empty());
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  // Partners

  @Test
  void roomIsMadeForThosePartnersTooAndKeptUntilTheyFollow() {
    script.put(EVICTING);
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host1", "vm:2", 4, Priority.MEDIUM);
    changed("vm:2", spec -> with(spec, policy -> policy.dependsOn(set("vm:1"))));
    areTogether("vm:1", "vm:2");
    on("host2", "vm:8", 4, Priority.LOW);
    on("host2", "vm:9", 4, Priority.LOW);
    on("host3", "vm:7", 8, Priority.CRITICAL);
    begins();
    isLost("host1");
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
    reports(script, "host2", Condition.STOPPED, "vm:8", "vm:9");
    assertThat(ownerOf("vm:1")).contains("host2");
    script.passes(MOMENT);
    assertThat(ownerOf("vm:8")).as("what is free is for vm:2, which waits for vm:1").isEmpty();
    assertThat(ownerOf("vm:9")).isEmpty();
    script.reports("host2");
    assertThat(ownerOf("vm:2")).contains("host2");
    assertThat(phaseOf("vm:8")).contains(Stage.WAITING);
  }

  @Test
  void whereThereIsNoneForAPartnerItIsMadeForTheOneAlone() {
    script.put(EVICTING);
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host1", "vm:2", 4, Priority.LOW);
    areTogether("vm:1", "vm:2");
    on("host2", "vm:8", 4, Priority.LOW);
    on("host2", "vm:9", 4, Priority.MEDIUM);
    on("host3", "vm:7", 8, Priority.CRITICAL);
    begins();
    isLost("host1");
    assertThat(evicted())
        .as("vm:9 is less important than vm:1, but not than vm:2")
        .containsExactly("vm:8 host2 vm:1");
    reports(script, "host2", Condition.STOPPED, "vm:8");
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  // Nobody waits for ever

  @Test
  void whoDoesNotComeDownInTimeIsToldToRunOnAndAnotherIsStoppedInstead() {
    vm8IsBeingStopped();
    reports(script, "host2", Condition.STOPPING, "vm:8");
    Duration most = ControllerConfig.MOVE_HOLD.plus(WorkloadPolicy.DEFAULT.stopTimeout());
    script.passes(most.minus(MOMENT));
    assertThat(goalOf("vm:8")).isEqualTo(Goal.STOP);
    script.passes(MOMENT.multipliedBy(2));
    vm8RunsOn();
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
  }

  @Test
  void whoIsHeldUpByOthersForLongRunsOn() {
    vm8IsToBeStopped();
    script.passes(ControllerConfig.MOVE_HOLD.minus(MOMENT));
    assertThat(phaseOf("vm:8")).contains(Stage.STOPPING);
    script.passes(MOMENT.multipliedBy(2));
    vm8RunsOn();
  }

  @Test
  void whoCannotBeReadAnyMoreIsNotWaitedFor() {
    vm8IsBeingStopped();
    Key key = new Key(Table.WORKLOAD, "vm:8");
    script.put(new Unreadable(key, "corrupt")).reread(key);
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
    assertThat(goalOf("vm:8")).isEqualTo(Goal.STOP);
  }

  @Test
  void aPolicyThatIsJustBeingReadIsWaitedForAndNotForgotten() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    begins();
    script.readsHang(ClusterConfig.KEY, true);
    script.dirties(ClusterConfig.KEY);
    isLost("host1");
    assertThat(script.statusOf("vm:1").reason()).startsWith("no host can take it");
    assertThat(evicted()).isEmpty();
    script.readsHang(ClusterConfig.KEY, false);
    script.readEnds(ClusterConfig.KEY);
    script.passes(MOMENT.multipliedBy(2));
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
  }

  // What is unreadable, and what is not heard

  private static final Unreadable NO_POLICY = new Unreadable(ClusterConfig.KEY, "corrupt");

  @Test
  void nobodyIsStoppedWhileThePolicyCannotBeRead() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    begins();
    script.put(NO_POLICY).reread(ClusterConfig.KEY);
    nobodyIsStopped();
    assertThat(script.statusOf("vm:1").reason()).startsWith("no host can take it");
    script.put(EVICTING).reread(ClusterConfig.KEY);
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
  }

  @Test
  void whatWasNotBegunIsTakenBackWhenThePolicyCannotBeReadAnyMore() {
    vm8IsToBeStopped();
    script.put(NO_POLICY).reread(ClusterConfig.KEY);
    vm8RunsOn();
  }

  @Test
  void whoeverCouldNeverReadThePolicyLeavesThemAsTheyAreUntilItCan() {
    vm8IsBeingStopped();
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().stream()
        .filter(record -> !record.key().equals(new Key(Table.REPORT, "host1")))
        .forEach(next::put);
    next.put(NO_POLICY);
    next.fallsSilent("host1");
    next.seesLeases().leads(3);
    next.renews("host2");
    next.renews("host3");
    next.reports("host3");
    reports(next, "host2", Condition.STOPPED, "vm:8");
    next.passes(Duration.ofMinutes(5));
    assertThat(ownerOf(next, "vm:8")).contains("host2");
    assertThat(ownerOf(next, "vm:1")).isEmpty();
    next.put(EVICTING).reread(ClusterConfig.KEY);
    assertThat(ownerOf(next, "vm:8")).isEmpty();
    assertThat(ownerOf(next, "vm:1")).contains("host2");
  }

  @Test
  void nobodyIsStoppedOnAHostThatMayBeInMaintenance() {
    Key key = new Key(Table.DIRECTIVE, "host2");
    script.put(new Unreadable(key, "corrupt"));
    fullWithout(Priority.LOW, Priority.MEDIUM);
    begins();
    nobodyIsStopped();
    script.store.remove(key);
    script.reread(key);
    script.passes(MakingRoom.LOOK_EVERY);
    assertThat(evicted()).containsExactly("vm:8 host2 vm:1");
  }

  @Test
  void ofWhomNothingIsHeardNothingIsConcluded() {
    vm8IsToBeStopped();
    script.joinsAgainReportFirst("host2");
    assertThat(phaseOf("vm:8")).contains(Stage.STOPPING);
  }

  // Their host boots

  @Test
  void whatWasToldToStopStaysDownWhenItsHostHasBooted() {
    vm8IsBeingStopped();
    script.joinsAgain("host2");
    script.reports("host2");
    assertThat(Scenes.order(script, "vm:8", "host2").goal()).isEqualTo(Goal.STOP);
    assertThat(Scenes.order(script, "vm:9", "host2").goal()).isEqualTo(Goal.RUN);
    assertThat(ownerOf("vm:1")).isEmpty();
    reports(script, "host2", Condition.STOPPED, "vm:8");
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whatWasNotToldYetIsStartedAgainWhenItsHostHasBooted() {
    vm8IsToBeStopped();
    script.joinsAgain("host2");
    script.reports("host2");
    vm8RunsOn();
    assertThat(script.statusOf("vm:8").reason()).as("vm:9 first").contains("waiting for its turn");
    script.reports("host2");
    assertThat(Scenes.order(script, "vm:8", "host2").goal()).isEqualTo(Goal.RUN);
  }

  // What its owner wants meanwhile

  @Test
  void whoHasBecomeMoreImportantMeanwhileRunsOn() {
    vm8IsToBeStopped();
    Scenes.changes(script, "vm:8", spec -> with(spec, Priority.CRITICAL, 4));
    vm8RunsOn();
  }

  @Test
  void aStopThatWasAskedForMeanwhileAndTakenBackIsOver() {
    vm8IsBeingStopped();
    Duration within = Duration.ofSeconds(5);
    Scenes.asks(script, "vm:8", 1, new WorkloadRequest.Action.Stop(within));
    assertThat(Scenes.order(script, "vm:8", "host2").stopTimeout())
        .as("it is stopped for another yet")
        .isEqualTo(WorkloadPolicy.DEFAULT.stopTimeout());
    Scenes.wants(script, "vm:8", DesiredState.STOPPED);
    assertThat(Scenes.order(script, "vm:8", "host2").stopTimeout()).isEqualTo(within);
    Scenes.wants(script, "vm:8", DesiredState.STARTED);
    assertThat(Scenes.placement(script, "vm:8").handled()).isEqualTo(1);
  }
}
