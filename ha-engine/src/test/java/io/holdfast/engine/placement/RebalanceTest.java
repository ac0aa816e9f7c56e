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
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PlacementMode;
import io.holdfast.engine.placement.Rebalance.Options;
import io.holdfast.engine.placement.Rebalance.Proposal;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which moves are worth it, on three equal hosts. */
class RebalanceTest {
  private final Placer placer = placer(PlacementMode.STATIC, false);

  @BeforeEach
  void threeHosts() {
    List.of("node1", "node2", "node3").forEach(name -> host(placer, name, 24_000, 32768));
  }

  @Test
  void oneWorkloadIsAsUnevenAnywhere() {
    workload(placer, "101", 1000, 4096, "node1");
    Proposal proposal = propose();
    assertThat(proposal.before()).isCloseTo(Math.sqrt(2), within(1e-9));
    assertThat(proposal.after()).isEqualTo(proposal.before());
    assertThat(proposal.moves()).isEmpty();
  }

  @Test
  void ofFourEqualOnesTheFirstTwoAreMoved() {
    for (String name : List.of("101", "102", "103", "104")) {
      workload(placer, name, 1000, 4096, "node1");
    }
    Proposal proposal = propose();
    assertThat(moves(proposal))
        .containsExactly("[vm:101] node1 to node2", "[vm:102] node1 to node3");
    assertThat(proposal.after()).isCloseTo(Math.sqrt(0.125), within(1e-9));
    assertThat(placer.hostOf(w("101"))).as("nothing was moved").contains(h("node1"));
    assertThat(proposal.moves().get(0).why())
        .isEqualTo("imbalance 1.41 to 0.94: node1 is at 33 %, node2 at 0 %");
  }

  @Test
  void theMostBusyOneIsNotMovedWhereASmallerOneDoesBetter() {
    workload(placer, "101", 2000, 2000, "node1");
    workload(placer, "102", 9000, 9000, "node1");
    workload(placer, "103", 6000, 6000, "node2");
    workload(placer, "104", 7000, 7000, "node3");
    assertThat(propose().moves()).isEmpty();
    workload(placer, "104", 2000, 2000, "node3");
    assertThat(moves(propose())).containsExactly("[vm:101] node1 to node3");
  }

  @Test
  void whatARuleHoldsStaysAndTheRestMakesRoom() {
    for (String name : List.of("101", "102", "103", "104")) {
      workload(placer, name, 4000, 5000, "node1");
    }
    placer.putRule(on("stay", true, ids("101", "102", "103"), "node1"));
    assertThat(moves(propose())).containsExactly("[vm:104] node1 to node2");
    placer.putRule(on("prefers", false, ids("104"), "node1"));
    assertThat(propose().moves()).isEmpty();
  }

  @Test
  void partnersMoveTogether() {
    for (String name : List.of("101", "102", "103", "104")) {
      workload(placer, name, 4000, 5000, "node1");
    }
    workload(placer, "200", 100, 100, "node2");
    placer.putRule(together("pair", "101", "103"));
    placer.putRule(apart("apart", "103", "200"));
    assertThat(moves(propose()))
        .containsExactly("[vm:101, vm:103] node1 to node3", "[vm:102] node1 to node2");
  }

  @Test
  void whatMayNotBeMovedIsNot() {
    for (String name : List.of("101", "102", "103", "104")) {
      workload(placer, name, 4000, 5000, "node1");
    }
    assertThat(Rebalance.propose(placer, Options.DEFAULT, id -> false).moves()).isEmpty();
    assertThat(Rebalance.propose(placer, new Options(0.3, 0.1, 1), id -> true).moves()).hasSize(1);
    placer.reserve(w("101"), h("node2"));
    assertThat(moves(propose()))
        .as("what moves already stays, and counts where it goes too")
        .containsExactly("[vm:102] node1 to node3", "[vm:103] node1 to node2");
  }

  /** No single move takes away a tenth of the imbalance of so many hosts. */
  @Test
  void inALargeClusterAMoveIsWorthAsMuchAsInASmallOne() {
    Placer large = placer(PlacementMode.STATIC, true);
    for (int h = 0; h < 100; h++) {
      host(large, "h%02d".formatted(h), 10, 10_000);
      if (h < 50) {
        workload(large, "a" + h, 4, 4_000, "h%02d".formatted(h));
        workload(large, "b" + h, 4, 4_000, "h%02d".formatted(h));
      }
    }
    Proposal proposal = Rebalance.propose(large, Options.DEFAULT, id -> true);
    assertThat(proposal.before()).isCloseTo(1, within(1e-9));
    assertThat(proposal.after()).isLessThanOrEqualTo(0.3);
    assertThat(proposal.moves()).hasSize(46);
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new Options(-1, 0.1, 1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("rebalance.threshold: found -1.0, allowed: 0 or greater");
    assertThatThrownBy(() -> new Options(0, 0, 1)).isInstanceOf(InvalidConfigException.class);
    assertThatThrownBy(() -> new Options(0, 1, -1)).isInstanceOf(InvalidConfigException.class);
  }

  private Proposal propose() {
    return Rebalance.propose(placer, Options.DEFAULT, id -> true);
  }

  private static List<String> moves(Proposal proposal) {
    return proposal.moves().stream()
        .map(move -> move.workloads() + " " + move.from() + " to " + move.to())
        .toList();
  }
}
