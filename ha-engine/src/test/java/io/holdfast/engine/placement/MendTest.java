package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.apart;
import static io.holdfast.engine.placement.Clusters.h;
import static io.holdfast.engine.placement.Clusters.host;
import static io.holdfast.engine.placement.Clusters.ids;
import static io.holdfast.engine.placement.Clusters.on;
import static io.holdfast.engine.placement.Clusters.placer;
import static io.holdfast.engine.placement.Clusters.together;
import static io.holdfast.engine.placement.Clusters.w;
import static io.holdfast.engine.placement.Clusters.workload;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.PlacementMode;
import io.holdfast.engine.placement.Mend.Proposal;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.Test;

/** Broken rules and the moves that mend them. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class MendTest {
  private final Placer placer = placer(PlacementMode.BASIC, true);

  MendTest() {
    List.of("a", "b", "c").forEach(name -> host(placer, name, 10, 10));
  }

  @Test
  void partnersAreBroughtTogetherWhereMostOfThemAre() {
    workload(placer, "1", 1, 1, "a");
    workload(placer, "2", 1, 1, "b");
    workload(placer, "3", 1, 1, "b");
    placer.putRule(together("r", "1", "2", "3"));
    assertThat(Mend.broken(placer)).containsExactly("r");
    assertThat(mended()).containsExactly("[vm:1] a to b: mends r");
  }

  @Test
  void theyMeetElsewhereWhereThereIsNoRoom() {
    workload(placer, "1", 6, 1, "a");
    workload(placer, "2", 6, 1, "b");
    placer.putRule(together("r", "1", "2"));
    assertThat(mended()).as("no host has room for 12").isEmpty();
    workload(placer, "2", 4, 1);
    workload(placer, "9", 3, 1, "a");
    workload(placer, "8", 3, 1, "b");
    assertThat(mended()).containsExactly("[vm:1] a to c: mends r", "[vm:2] b to c: mends r");
  }

  @Test
  void nobodyIsBroughtWhereItMustNotRun() {
    workload(placer, "1", 1, 1, "a");
    placer.putWorkload(
        new Need(
            w("2"),
            Capacity.of(1, 1),
            Optional.empty(),
            new TreeMap<>(),
            new TreeSet<>(List.of("lockspace:vms")),
            true),
        Optional.of(h("b")));
    placer.putRule(together("r", "1", "2"));
    assertThat(mended()).as("the condition holds nowhere").isEmpty();
    placer.setConditions(h("b"), new TreeSet<>(List.of("lockspace:vms")));
    assertThat(mended()).containsExactly("[vm:1] a to b: mends r");
  }

  @Test
  void whoMustBeApartPartsWithTheFewestMoves() {
    workload(placer, "1", 1, 1, "a");
    workload(placer, "2", 1, 1, "a");
    workload(placer, "3", 1, 1, "a");
    placer.putRule(together("pair", "1", "2"));
    placer.putRule(apart("r", "1", "3"));
    assertThat(mended()).containsExactly("[vm:3] a to b: mends r");
  }

  @Test
  void aHostRuleBringsItHome() {
    workload(placer, "1", 1, 1, "a");
    placer.putRule(on("r", true, ids("1"), "b", "c"));
    workload(placer, "9", 10, 1, "b");
    assertThat(mended()).containsExactly("[vm:1] a to c: mends r");
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void everyStepMendsAndNoneBreaks(@ForAll("steps") List<PlacerWorld.Step> steps) {
    PlacerWorld world = new PlacerWorld(PlacementMode.BASIC, true, 5, 9);
    steps.forEach(world::apply);
    Proposal proposal = Mend.propose(world.placer, id -> true);
    assertThat(proposal.after()).isLessThanOrEqualTo(proposal.before());
    if (!proposal.moves().isEmpty()) {
      assertThat(proposal.after()).isLessThan(proposal.before());
    }
    for (Move move : proposal.moves()) {
      for (var workload : move.workloads()) {
        assertThat(world.placer.hostOf(workload)).contains(move.from());
      }
      move.workloads().forEach(workload -> world.placer.place(workload, move.to()));
    }
    assertThat(Mend.propose(world.placer, id -> true).before()).isEqualTo(proposal.after());
  }

  @Provide
  Arbitrary<List<PlacerWorld.Step>> steps() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 209);
    return Combinators.combine(number, number, number, number)
        .as(PlacerWorld.Step::new)
        .list()
        .ofMaxSize(60);
  }

  private List<String> mended() {
    return Mend.propose(placer, id -> true).moves().stream()
        .map(m -> m.workloads() + " " + m.from() + " to " + m.to() + ": " + m.why())
        .toList();
  }
}
