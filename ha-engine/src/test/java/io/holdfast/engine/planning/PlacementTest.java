package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What plans do, one feature after the other. */
class PlacementTest {
  private final List<HostSnapshot> hosts = new ArrayList<>();
  private final List<WorkloadSnapshot> workloads = new ArrayList<>();
  private final List<Rule> rules = new ArrayList<>();

  private void host(String id, long... capacity) {
    hosts.add(HostSnapshot.of(id, capacity));
  }

  private void host(String id, State state, long... capacity) {
    hosts.add(HostSnapshot.of(id, capacity).with(state));
  }

  private void workload(String id, String host, long weight, long... demand) {
    workloads.add(WorkloadSnapshot.of(id, host, demand).weighing(weight));
  }

  private static SortedSet<WorkloadId> ids(String... ids) {
    SortedSet<WorkloadId> set = new TreeSet<>();
    Stream.of(ids).map(WorkloadId::parse).forEach(set::add);
    return set;
  }

  private void affinity(Rule.Kind kind, Rule.Level level, boolean strict, String... ids) {
    rules.add(new Rule.WorkloadAffinity("r" + rules.size(), ids(ids), kind, level, strict));
  }

  private void pin(boolean strict, Map<String, Integer> to, String... ids) {
    SortedMap<HostId, Integer> on = new TreeMap<>();
    to.forEach((host, priority) -> on.put(new HostId(host), priority));
    rules.add(new Rule.HostAffinity("r" + rules.size(), ids(ids), on, strict));
  }

  private Plan plan(PlanOptions options) {
    List<String> dimensions = List.of("cpu", "memory").subList(0, hosts.get(0).capacity().size());
    ClusterSnapshot cluster = new ClusterSnapshot(dimensions, hosts, workloads, rules);
    Plan plan = Placement.plan(cluster, options, System::nanoTime);
    for (int order = 0; order < 20; order++) {
      assertThat(PlanChecker.check(cluster, options, plan, order)).isEmpty();
    }
    return plan;
  }

  private Plan plan() {
    return plan(PlanOptions.DEFAULT);
  }

  private static String where(Plan plan, String id) {
    return plan.placed().stream()
        .filter(placed -> placed.workload().equals(WorkloadId.parse(id)))
        .map(placed -> placed.host().value())
        .findFirst()
        .orElse("nowhere");
  }

  private static List<String> reasons(Plan plan, String id) {
    return plan.unplaced().stream()
        .filter(unplaced -> unplaced.workload().equals(WorkloadId.parse(id)))
        .flatMap(unplaced -> unplaced.reasons().stream())
        .map(reason -> reason.host() + " " + reason.code() + " " + reason.detail())
        .toList();
  }

  @Test
  void whatWasLostIsStartedElsewhereAndWhatIsKeptStoppedIsNot() {
    host("h1", State.FAILED, 8, 8);
    host("h2", 10, 10);
    workload("vm:1", "h1", 5, 4, 4);
    workload("vm:2", "h2", 7, 4, 4);
    workloads.add(WorkloadSnapshot.of("vm:3", "h1", 1, 1).wanted(DesiredState.STOPPED));
    workloads.add(WorkloadSnapshot.of("vm:4", "h1", 2, 2).weighing(3).on(Optional.empty()));
    Plan plan = plan();
    assertThat(where(plan, "vm:1")).isEqualTo("h2");
    assertThat(where(plan, "vm:4")).isEqualTo("h2");
    assertThat(plan.placed()).hasSize(2);
    assertThat(plan.lost()).isEqualTo(5);
    assertThat(plan.value()).isEqualTo(8);
    assertThat(plan.optimal()).isTrue();
    assertThat(plan.isComplete()).isTrue();
  }

  @Test
  void theMoreValuableComeFirstWhereRoomIsShort() {
    host("h1", State.FAILED, 20);
    host("h2", 10);
    workload("vm:a", "h1", 10, 6);
    workload("vm:b", "h1", 9, 5);
    workload("vm:c", "h1", 9, 5);
    Plan plan = plan();
    assertThat(plan.value()).isEqualTo(18);
    assertThat(plan.upperBound()).isEqualTo(18);
    assertThat(plan.optimal()).isTrue();
    assertThat(reasons(plan, "vm:a")).containsExactly("h2 CAPACITY cpu: needs 6, free 0");
  }

  @Test
  void priorityGoesBeforeWeight() {
    host("h1", State.FAILED, 20);
    host("h2", 10);
    workloads.add(WorkloadSnapshot.of("vm:a", "h1", 10).weighing(1).ranking(9));
    workloads.add(WorkloadSnapshot.of("vm:b", "h1", 5).weighing(100).ranking(3));
    workloads.add(WorkloadSnapshot.of("vm:c", "h1", 5).weighing(100).ranking(3));
    assertThat(where(plan(), "vm:b")).isEqualTo("h2");
    Plan plan = plan(PlanOptions.DEFAULT.with(Objective.PRIORITY));
    assertThat(where(plan, "vm:a")).isEqualTo("h2");
    assertThat(plan.value()).isEqualTo(1);
  }

  @Test
  void survivorsMakeRoomOnlyWhereTheyMay() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:big", "h1", 5, 8);
    workload("vm:x", "h2", 1, 4);
    workload("vm:y", "h3", 1, 4);
    assertThat(plan().placed()).isEmpty();
    Plan moved = plan(PlanOptions.DEFAULT.with(Moves.ALLOWED));
    assertThat(moved.value()).isEqualTo(5);
    assertThat(moved.moved()).hasSize(1);
    assertThat(moved.steps().get(1).after()).containsExactly(0);
    Plan evicted = plan(PlanOptions.DEFAULT.withEviction(true));
    assertThat(evicted.evicted()).hasSize(1);
    assertThat(evicted.value()).isEqualTo(4);
    workloads.replaceAll(WorkloadSnapshot::fixed);
    assertThat(plan(PlanOptions.DEFAULT.with(Moves.ALLOWED)).placed()).isEmpty();
  }

  @Test
  void survivorsMoveOrStopOnlyForWhatIsWorthMoreThanThatCosts() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:big", "h1", 5, 8);
    workload("vm:x", "h2", 1, 4);
    workload("vm:y", "h3", 1, 4);
    PlanOptions moves = PlanOptions.DEFAULT.with(Moves.ALLOWED);
    assertThat(plan(moves).price()).isZero();
    Plan moved = plan(moves.pricing(4, 0));
    assertThat(moved.moved()).hasSize(1);
    assertThat(moved.price()).isEqualTo(4);
    assertThat(moved.value()).isEqualTo(5);
    assertThat(moved.worth()).isEqualTo(1);
    assertThat(moved.upperBound()).isEqualTo(1);
    assertThat(moved.optimal()).isTrue();
    assertThat(plan(moves.pricing(5, 0)).steps()).isEmpty();

    PlanOptions eviction = PlanOptions.DEFAULT.withEviction(true);
    Plan evicted = plan(eviction.pricing(0, 3));
    assertThat(evicted.evicted()).hasSize(1);
    assertThat(evicted.price()).isEqualTo(3);
    assertThat(evicted.worth()).isEqualTo(1);
    assertThat(evicted.optimal()).isTrue();
    Plan none = plan(eviction.pricing(0, 4));
    assertThat(none.steps()).isEmpty();
    assertThat(none.optimal()).isTrue();
  }

  @Test
  void theCheaperOfMovingAndStoppingIsDone() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:big", "h1", 9, 8);
    workload("vm:x", "h2", 1, 4);
    workload("vm:y", "h3", 1, 4);
    PlanOptions both = PlanOptions.DEFAULT.with(Moves.ALLOWED).withEviction(true);
    Plan moved = plan(both.pricing(2, 2));
    assertThat(moved.moved()).hasSize(1);
    assertThat(moved.evicted()).isEmpty();
    Plan stopped = plan(both.pricing(5, 2));
    assertThat(stopped.moved()).isEmpty();
    assertThat(stopped.evicted()).hasSize(1);
    assertThat(stopped.worth()).isEqualTo(6);
    assertThat(stopped.optimal()).isTrue();
  }

  /**
   * For both of the lost two survivors would move; the lesser of them is not worth more than one.
   */
  @Test
  void whatIsNotWorthMoreThanItsOwnMovesIsLeftOutOfThePlan() {
    host("h1", State.FAILED, 20);
    host("h2", 10);
    host("h3", 10);
    host("h4", 8);
    workload("vm:big", "h1", 9, 8);
    workload("vm:small", "h1", 2, 8);
    workload("vm:x", "h2", 1, 4);
    workload("vm:y", "h3", 1, 4);
    assertThat(plan(PlanOptions.DEFAULT.with(Moves.ALLOWED).pricing(1, 0)).placed()).hasSize(2);
    for (long price = 2; price <= 3; price++) {
      Plan plan = plan(PlanOptions.DEFAULT.with(Moves.ALLOWED).pricing(price, 0));
      assertThat(where(plan, "vm:big")).isEqualTo("h4");
      assertThat(where(plan, "vm:small")).isEqualTo("nowhere");
      assertThat(plan.price()).isZero();
    }
  }

  /** vm:a or vm:f waits on h4 until vm:b has left h3 for h2; then vm:small needs that room. */
  @Test
  void aWayOverAThirdHostCostsTwoMoves() {
    host("h1", State.FAILED, 10, 10);
    host("h2", 11, 8);
    host("h3", 10, 12);
    host("h4", 6, 2);
    workload("vm:big", "h1", 9, 0, 8);
    workload("vm:small", "h1", 9, 6, 1);
    workload("vm:a", "h2", 1, 6, 2);
    workload("vm:f", "h2", 1, 4, 2);
    workload("vm:b", "h3", 1, 5, 6);
    workload("vm:g", "h3", 1, 4, 2);
    Plan plan = plan(PlanOptions.DEFAULT.with(Moves.ALLOWED).pricing(2, 0));
    assertThat(plan.placed()).hasSize(2);
    assertThat(plan.moved()).hasSize(2);
    assertThat(plan.steps()).hasSize(5);
    assertThat(plan.price()).isEqualTo(6);
  }

  @Test
  void whereThePriorityDecidesNothingHasAPrice() {
    PlanOptions priced = PlanOptions.DEFAULT.pricing(0, 1);
    assertThat(priced.evictionPrice()).isEqualTo(1);
    assertThatThrownBy(() -> priced.with(Objective.PRIORITY))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("options.evictionPrice");
    assertThatThrownBy(() -> PlanOptions.DEFAULT.pricing(-1, 0))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("options.movePrice");
    assertThatThrownBy(() -> PlanOptions.DEFAULT.pricing(PlanOptions.MOST_PRICE + 1, 0))
        .isInstanceOf(InvalidConfigException.class);
  }

  @Test
  void twoSwapThroughAThirdHost() {
    host("h0", State.FAILED, 10, 10);
    host("h1", 10, 10);
    host("h2", 10, 10);
    host("h3", 5, 5);
    workload("vm:lost", "h0", 9, 1, 6);
    workload("vm:a", "h1", 1, 5, 4);
    workload("vm:b", "h1", 1, 4, 3);
    workload("vm:c", "h2", 1, 5, 4);
    workload("vm:d", "h2", 1, 4, 3);
    Plan plan = plan(PlanOptions.DEFAULT.with(Moves.ALLOWED));
    assertThat(plan.value()).isEqualTo(9);
    assertThat(plan.moved()).isNotEmpty();
  }

  @Test
  void strictRulesHoldForSurvivorsAndNewcomers() {
    host("h1", State.FAILED, 10);
    for (String id : List.of("h2", "h3", "h4")) {
      hosts.add(HostSnapshot.of(id, 10).in(id.equals("h4") ? "rack2" : "rack1"));
    }
    workload("vm:a", "h2", 1, 1);
    workload("vm:b", "h1", 1, 1);
    workload("vm:c", "h1", 1, 1);
    workload("vm:d", "h1", 1, 1);
    workload("vm:e", "h3", 1, 1);
    affinity(Rule.Kind.NEGATIVE, Rule.Level.domain(0), true, "vm:a", "vm:b");
    affinity(Rule.Kind.POSITIVE, Rule.Level.HOST, true, "vm:c", "vm:e");
    pin(true, Map.of("h1", 0), "vm:d");
    Plan plan = plan();
    assertThat(where(plan, "vm:b")).isEqualTo("h4");
    assertThat(where(plan, "vm:c")).isEqualTo("h3");
    assertThat(reasons(plan, "vm:d"))
        .containsExactly(
            "h2 HOST_AFFINITY rule r2: must be on h1",
            "h3 HOST_AFFINITY rule r2: must be on h1",
            "h4 HOST_AFFINITY rule r2: must be on h1");
    affinity(Rule.Kind.NEGATIVE, Rule.Level.HOST, true, "vm:b", "vm:f");
    workload("vm:f", "h4", 1, 1);
    assertThat(reasons(plan(), "vm:b"))
        .containsExactly(
            "h2 NEGATIVE_AFFINITY rule r0: must be apart from vm:a, which is on h2",
            "h3 NEGATIVE_AFFINITY rule r0: must be apart from vm:a, which is on h2",
            "h4 NEGATIVE_AFFINITY rule r3: must be apart from vm:f, which is on h4");
  }

  @Test
  void kindsLabelsAndConditionsAreToldApart() {
    host("h1", State.FAILED, 10);
    host("h2", State.MAINTENANCE, 10);
    hosts.add(
        new HostSnapshot(
            new HostId("h3"),
            Amounts.of(10),
            List.of(),
            State.UP,
            new TreeMap<>(Map.of("cpu", "zen4")),
            new TreeSet<>(List.of("ct"))));
    host("h4", 10);
    host("h5", 2);
    workloads.add(
        WorkloadSnapshot.of("vm:1", "h1", 3).requiring(new TreeMap<>(Map.of("cpu", "zen4"))));
    workloads.add(WorkloadSnapshot.of("vm:2", "h1", 11));
    Plan plan = plan();
    assertThat(reasons(plan, "vm:1"))
        .containsExactly(
            "h2 UNAVAILABLE is in maintenance; lacks cpu=zen4",
            "h3 KIND runs only ct, not vm",
            "h4 LABEL lacks cpu=zen4",
            "h5 LABEL lacks cpu=zen4; cpu: needs 3, the host has only 2");
    assertThat(reasons(plan, "vm:2"))
        .contains(
            "h4 CAPACITY cpu: needs 11, the host has only 10",
            "h5 CAPACITY cpu: needs 11, the host has only 2");
  }

  private static List<Plan.Refused> refusals(Plan plan, String id) {
    return plan.unplaced().stream()
        .filter(unplaced -> unplaced.workload().equals(WorkloadId.parse(id)))
        .flatMap(unplaced -> unplaced.reasons().stream())
        .toList();
  }

  @Test
  void everyHostSaysWhatWouldHaveToChange() {
    host("h1", State.FAILED, 64, 64);
    host("h2", State.MAINTENANCE, 64, 64);
    hosts.add(HostSnapshot.of("h3", 64, 64).in("dc", "r1"));
    hosts.add(HostSnapshot.of("h4", 64, 64).in("dc", "r2"));
    hosts.add(HostSnapshot.of("h5", 64, 8).running(new TreeSet<>(List.of("ct"))));
    hosts.replaceAll(h -> h.labelled(new TreeMap<>(Map.of("gpu", "yes"))));
    hosts.add(HostSnapshot.of("h6", 64, 64).labelled(new TreeMap<>(Map.of("gpu", "no"))));
    hosts.replaceAll(
        h -> h.id().value().equals("h6") ? h : h.meeting(new TreeSet<>(List.of("net"))));
    workload("vm:db", "h1", 1, 4, 16);
    workload("vm:7", "h4", 1, 1, 1);
    workload("vm:8", "h3", 1, 60, 52);
    workload("vm:9", "h5", 1, 1, 1);
    workloads.replaceAll(
        w ->
            w.id().name().equals("db")
                ? w.requiring(new TreeMap<>(Map.of("gpu", "yes")))
                    .needing(new TreeSet<>(List.of("net")))
                : w);
    affinity(Rule.Kind.NEGATIVE, Rule.Level.domain(1), true, "vm:db", "vm:7");
    affinity(Rule.Kind.POSITIVE, Rule.Level.HOST, false, "vm:db", "vm:8");
    pin(true, Map.of("h2", 0, "h3", 0, "h4", 0, "h5", 0), "vm:db");
    Plan plan = plan();
    assertThat(refusals(plan, "vm:db").stream().map(Plan.Refused::describe))
        .containsExactly(
            "h2: is in maintenance; it fits when its maintenance is over",
            "h3: memory: needs 16, free 12; it fits when 4 more of its memory are free",
            "h4: rule r0: must be apart from vm:7, which is on h4;"
                + " it fits when vm:7 is in another domain of level 1",
            "h5: runs only ct, not vm; memory: needs 16, the host has only 8;"
                + " it fits when the host runs vm and it may be given 9 more memory",
            "h6: has gpu=no, not yes; condition net does not hold there;"
                + " rule r2: must be on h2, h3, h4 or 1 more; it fits when the host has gpu=yes"
                + " and condition net holds there and rule r2 names this host as well");
    assertThat(refusals(plan, "vm:db").get(1).objections())
        .containsExactly(new Objection.NoRoom("memory", 16, 12, 64, 100, 0, 4));
    assertThat(refusals(plan, "vm:db").get(2).objections().get(0).rule()).contains("r0");
  }

  @Test
  void whoMustBeWithOthersIsToldWithWhom() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:a", "h1", 1, 3);
    workload("vm:b", "h2", 1, 8);
    workload("vm:c", "h2", 1, 1);
    affinity(Rule.Kind.POSITIVE, Rule.Level.HOST, true, "vm:a", "vm:b", "vm:c");
    assertThat(refusals(plan(), "vm:a").stream().map(Plan.Refused::describe))
        .containsExactly(
            "h2: cpu: needs 3, free 1; it fits when 2 more of its cpu are free",
            "h3: rule r0: must be with vm:b, which is on h2, and 1 more;"
                + " it fits when vm:b and vm:c are there, too");
  }

  /** A host that has more than it can carry lacks more than what is not free. */
  @Test
  void whatIsMissingCountsWhatIsTooMuchAlready() {
    host("h1", State.FAILED, 10);
    hosts.add(HostSnapshot.of("h2", 4).overcommitted(150).promising(1));
    workload("vm:a", "h1", 1, 2);
    workload("vm:b", "h2", 1, 8);
    assertThat(refusals(plan(), "vm:a").get(0).objections())
        .containsExactly(new Objection.NoRoom("cpu", 2, 0, 4, 150, 1, 5));
  }

  @Test
  void standbyHostsComeLastOrFirst() {
    host("h1", State.FAILED, 10);
    host("h2", State.STANDBY, 10);
    host("h3", 5);
    workload("vm:1", "h1", 1, 5);
    assertThat(where(plan(), "vm:1")).isEqualTo("h3");
    assertThat(where(plan(PlanOptions.DEFAULT.with(Strategy.STANDBY)), "vm:1")).isEqualTo("h2");
    workload("vm:2", "h1", 1, 5);
    assertThat(plan().isComplete()).isTrue();
  }

  @Test
  void strategiesChooseAmongHosts() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:s", "h3", 1, 2);
    workload("vm:1", "h1", 1, 2);
    workload("vm:2", "h1", 1, 2);
    assertThat(where(plan(), "vm:1")).isEqualTo("h2");
    Plan packed = plan(PlanOptions.DEFAULT.with(Strategy.PACKED));
    assertThat(where(packed, "vm:1")).isEqualTo("h3");
    assertThat(where(packed, "vm:2")).isEqualTo("h3");
    Plan round = plan(PlanOptions.DEFAULT.with(Strategy.ROUND_ROBIN));
    assertThat(where(round, "vm:1")).isNotEqualTo(where(round, "vm:2"));
  }

  @Test
  void preferencesAndRulesThatAreNotStrictDecideWhereSeveralWouldDo() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    host("h4", 10);
    workload("vm:1", "h1", 1, 1);
    workload("vm:2", "h1", 1, 1);
    workload("vm:3", "h2", 1, 1);
    pin(true, Map.of("h3", 2, "h4", 1), "vm:1");
    affinity(Rule.Kind.POSITIVE, Rule.Level.HOST, false, "vm:2", "vm:3");
    Plan plan = plan();
    assertThat(where(plan, "vm:1")).isEqualTo("h3");
    assertThat(where(plan, "vm:2")).isEqualTo("h2");
  }

  @Test
  void thatWhichMustBeTogetherIsStartedTogether() {
    host("h1", State.FAILED, 10);
    host("h2", 3);
    host("h3", 4);
    workload("vm:1", "h1", 1, 2);
    workload("vm:2", "h1", 1, 2);
    affinity(Rule.Kind.POSITIVE, Rule.Level.HOST, true, "vm:1", "vm:2");
    Plan plan = plan();
    assertThat(where(plan, "vm:1")).isEqualTo("h3");
    assertThat(where(plan, "vm:2")).isEqualTo("h3");
  }

  @Test
  void aPlanThatIsDoneLeavesNothingToDo() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    host("h3", 10);
    workload("vm:big", "h1", 5, 8);
    workload("vm:x", "h2", 1, 4);
    workload("vm:y", "h3", 1, 4);
    Plan plan = plan(PlanOptions.DEFAULT.with(Moves.ALLOWED));
    SortedMap<WorkloadId, HostId> now = new TreeMap<>();
    plan.placed().forEach(p -> now.put(p.workload(), p.host()));
    plan.moved().forEach(m -> now.put(m.workload(), m.to()));
    workloads.replaceAll(
        w -> now.containsKey(w.id()) ? w.on(Optional.ofNullable(now.get(w.id()))) : w);
    assertThat(plan(PlanOptions.DEFAULT.with(Moves.ALLOWED)).steps()).isEmpty();
  }

  @Test
  void whatDoesNotFitTogetherIsRefused() {
    host("h1", 1, 2);
    workload("vm:1", "h1", 1, 2);
    assertThatThrownBy(this::plan)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("workloads[0].demand: found 1 amounts, allowed: 2 amounts, one per dimension");
    assertThatThrownBy(() -> Amounts.of(-1)).hasMessageStartingWith("amounts[0]: found -1");
  }

  @Test
  void refusalsOfLargePlansAreMadeWhenTheyAreRead() {
    host("h1", State.FAILED, 10);
    host("h2", 1);
    workload("vm:1", "h1", 1, 3);
    Plan.Unplaced unplaced = plan().unplaced().get(0);
    assertThat(unplaced.reasons()).hasSize(1);
    assertThat(unplaced.reasons().get(0).code()).isEqualTo(Refusal.Code.CAPACITY);
  }

  @Test
  void hostsAreGivenMoreThanTheyHaveWhereTheyMay() {
    host("h1", State.FAILED, 10, 10);
    hosts.add(HostSnapshot.of("h2", 3, 10).overcommitted(250, 100));
    workload("vm:a", "h1", 5, 7, 5);
    workload("vm:b", "h1", 3, 8, 1);
    workload("vm:c", "h1", 1, 1, 5);
    Plan plan = plan();
    assertThat(where(plan, "vm:a")).isEqualTo("h2");
    assertThat(reasons(plan, "vm:b"))
        .containsExactly("h2 CAPACITY cpu: needs 8, the host has only 7 (250 % of 3)");
    assertThat(reasons(plan, "vm:c")).containsExactly("h2 CAPACITY cpu: needs 1, free 0");
  }

  @Test
  void whatIsPromisedIsNotGivenAgain() {
    host("h1", State.FAILED, 10);
    hosts.add(HostSnapshot.of("h2", 10).promising(4));
    hosts.add(HostSnapshot.of("h3", 2).promising(3));
    workload("vm:a", "h1", 5, 5);
    workload("vm:b", "h1", 1, 2);
    workload("vm:c", "h1", 1, 7);
    Plan plan = plan();
    assertThat(where(plan, "vm:a")).isEqualTo("h2");
    assertThat(reasons(plan, "vm:b"))
        .containsExactly(
            "h2 CAPACITY cpu: needs 2, free 1, promised to others 4",
            "h3 CAPACITY cpu: needs 2, the host has only 2, promised to others 3");
    assertThat(reasons(plan, "vm:c").get(0))
        .isEqualTo("h2 CAPACITY cpu: needs 7, the host has only 10, promised to others 4");
  }

  @Test
  void workloadsComeOnlyWhereTheirConditionsHold() {
    host("h1", State.FAILED, 10);
    host("h2", 10);
    hosts.add(HostSnapshot.of("h3", 10).meeting(new TreeSet<>(List.of("lockspace", "net:blue"))));
    SortedSet<String> both = new TreeSet<>(List.of("lockspace", "net:blue"));
    workloads.add(WorkloadSnapshot.of("vm:a", "h1", 6).needing(both));
    workloads.add(WorkloadSnapshot.of("vm:b", "h1", 5).needing(both).weighing(0));
    Plan plan = plan();
    assertThat(where(plan, "vm:a")).isEqualTo("h3");
    assertThat(reasons(plan, "vm:b"))
        .containsExactly(
            "h2 CONDITION condition lockspace does not hold there;"
                + " condition net:blue does not hold there",
            "h3 CAPACITY cpu: needs 5, free 4");
  }

  @Test
  void numbersThatComeToTooMuchAreRefusedInALine() {
    assertThatThrownBy(() -> HostSnapshot.of("h1", Amounts.MOST).overcommitted(101))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("host.overcommit[0]: found 101 percent of 1000000000000000,");
    assertThatThrownBy(() -> HostSnapshot.of("h1", 1).overcommitted(0))
        .hasMessageStartingWith("host.overcommit[0]: found 0 percent of 1, allowed: 1 to 100000");
    assertThatThrownBy(() -> HostSnapshot.of("h1", 1).overcommitted(100_001))
        .hasMessageStartingWith("host.overcommit[0]: found 100001 percent of 1, allowed: 1 to");
    assertThatThrownBy(() -> HostSnapshot.of("h1", 1).promising(1, 2))
        .hasMessageStartingWith("host.promised: found 2 amounts, allowed: 1 amount");
    assertThatThrownBy(
            () -> WorkloadSnapshot.of("vm:1", "h1", 1).needing(new TreeSet<>(List.of("a b"))))
        .hasMessageStartingWith("workload.conditions: found \"a b\", allowed: 1 to 64 letters");
    HostSnapshot great =
        HostSnapshot.of("h1", Amounts.MOST / 1000 + 1, 7).overcommitted(99_999, 99);
    assertThat(great.limit(0)).isEqualTo(999_990_000_000_999L);
    assertThat(great.limit(1)).isEqualTo(6);
  }

  /** An affinity that is not strict counts how many of its workloads are in a place already. */
  @Test
  void workloadsThatShouldRatherBeApartAreSpreadEvenly() {
    host("h0", State.FAILED, 100);
    for (int h = 1; h <= 6; h++) {
      hosts.add(HostSnapshot.of("h" + h, h == 1 ? 1000 : 100).in("rack" + h % 3));
    }
    String[] ids = new String[9];
    for (int w = 0; w < ids.length; w++) {
      ids[w] = "vm:" + w;
      workload(ids[w], "h0", 1, 10);
    }
    affinity(Rule.Kind.NEGATIVE, Rule.Level.domain(0), false, ids);
    affinity(Rule.Kind.NEGATIVE, Rule.Level.HOST, false, ids);
    SortedMap<String, Integer> byRack = new TreeMap<>();
    SortedMap<String, Integer> byHost = new TreeMap<>();
    for (Plan.Placed placed : plan().placed()) {
      int host = Integer.parseInt(placed.host().value().substring(1));
      byRack.merge("rack" + host % 3, 1, Integer::sum);
      byHost.merge(placed.host().value(), 1, Integer::sum);
    }
    assertThat(byRack.values()).containsExactly(3, 3, 3);
    assertThat(byHost.values()).hasSize(6).allMatch(count -> count <= 2);
  }
}
