package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.apart;
import static io.holdfast.engine.placement.Clusters.ids;
import static io.holdfast.engine.placement.Clusters.inDomain;
import static io.holdfast.engine.placement.Clusters.on;
import static io.holdfast.engine.placement.Clusters.soft;
import static io.holdfast.engine.placement.Clusters.together;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each way in which rules cannot hold, with the smallest set and in words. */
class RuleConflictsTest {
  private static final List<Host> THREE = hosts("h1", "h2", "h3");

  @Test
  void rulesThatCanHoldAreInNoConflict() {
    assertThat(
            found(
                together("a", "1", "2"),
                apart("b", "2", "3"),
                on("c", true, ids("1"), "h1", "h2"),
                on("d", true, ids("3"), "h1")))
        .isEmpty();
  }

  @Test
  void aRuleForOneAloneSaysNothing() {
    assertThat(found(apart("a", "1")))
        .containsExactly("SAYS_NOTHING [a]: rule a says nothing: it names vm:1 alone");
  }

  @Test
  void moreToKeepApartThanThereAreHosts() {
    assertThat(found(apart("a", "1", "2", "3", "4")))
        .containsExactly(
            "UNSATISFIABLE_NOW [a]: rule a cannot hold with the 3 registered hosts"
                + " (a: vm:1, vm:2, vm:3, vm:4 must run on different hosts)");
  }

  @Test
  void togetherAndApart() {
    assertThat(found(together("a", "1", "2"), together("b", "2", "3"), apart("c", "1", "3", "9")))
        .containsExactly(
            "CONTRADICTION [a, b, c]: rules a, b, c can never all hold (a: vm:1, vm:2 must run on"
                + " one host; b: vm:2, vm:3 must run on one host; c: vm:1, vm:3, vm:9 must run on"
                + " different hosts)");
  }

  @Test
  void theSmallestSetIsNamed() {
    assertThat(
            found(
                together("a", "1", "2"),
                together("b", "2", "3"),
                together("c", "1", "3"),
                apart("d", "1", "3")))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [c, d]");
  }

  @Test
  void theSmallestOfRelatedRulesIsNamedFirst() {
    assertThat(
            found(
                on("a", true, ids("2"), "h1", "h3"),
                on("b", true, ids("1"), "h1"),
                on("c", true, ids("2"), "h1", "h2"),
                on("d", true, ids("2"), "h2", "h3"),
                on("e", true, ids("1", "2"), "h3")))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("CONTRADICTION [b, e]"),
            then -> assertThat(then).startsWith("CONTRADICTION [a, c, d]"));
  }

  @Test
  void hostsThatExcludeEachOther() {
    assertThat(found(on("a", true, ids("1"), "h1"), on("b", true, ids("1"), "h2", "h3")))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [a, b]");
    assertThat(
            found(
                on("a", true, ids("1"), "h1"),
                together("b", "1", "2"),
                on("c", true, ids("2"), "h2")))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [a, b, c]");
  }

  @Test
  void fewerHostsThanThoseThatMustBeApart() {
    assertThat(found(on("a", true, ids("1", "2", "3"), "h1", "h2"), apart("b", "1", "2", "3")))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [a, b]");
    assertThat(
            found(
                on("a", true, ids("1"), "h1", "h2"),
                on("b", true, ids("2"), "h1", "h2"),
                on("c", true, ids("3"), "h1", "h2", "h3"),
                on("d", true, ids("4"), "h2", "h1"),
                apart("e", "1", "2", "3", "4")))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [a, b, d, e]");
  }

  @Test
  void aHostThatIsNotThereIsNoContradiction() {
    assertThat(found(on("a", true, ids("1"), "h9")))
        .singleElement()
        .asString()
        .startsWith("UNSATISFIABLE_NOW [a]");
  }

  @Test
  void whatIsNotStrictContradictsNothing() {
    assertThat(
            found(
                together("a", "1", "2"),
                soft((WorkloadAffinity) apart("b", "1", "2")),
                on("c", false, ids("1"), "h1"),
                on("d", true, ids("2"), "h2")))
        .isEmpty();
  }

  @Test
  void domainsAreCounted() {
    List<Host> hosts =
        List.of(
            inDomain("h1", Capacity.NONE, "dc1", "r1"),
            inDomain("h2", Capacity.NONE, "dc1", "r2"),
            inDomain("h3", Capacity.NONE, "dc2", "r1"));
    Rule inOneRack = new WorkloadAffinity("a", ids("1", "2"), Kind.POSITIVE, Level.domain(1), true);
    assertThat(words(List.of(inOneRack), hosts)).isEmpty();
    assertThat(words(List.of(inOneRack, apart("b", "1", "2")), hosts))
        .as("no rack has two hosts, but one could")
        .singleElement()
        .asString()
        .startsWith("UNSATISFIABLE_NOW [a, b]");
    assertThat(words(List.of(inOneRack, apart("b", Level.domain(0), "1", "2")), hosts))
        .singleElement()
        .asString()
        .startsWith("CONTRADICTION [a, b]");
    assertThat(words(List.of(apart("b", Level.domain(0), "1", "2", "3")), hosts))
        .singleElement()
        .asString()
        .startsWith("UNSATISFIABLE_NOW [b]");
  }

  @Test
  void onlyWhatTheNewRuleTouchesIsLookedAt() {
    List<Rule> inForce =
        List.of(together("a", "1", "2"), together("x", "7", "8"), apart("y", "7", "8"));
    assertThat(RuleConflicts.of(apart("b", "1", "2"), inForce, THREE))
        .singleElement()
        .extracting(RuleConflicts.Conflict::rules)
        .isEqualTo(new TreeSet<>(List.of("a", "b")));
    assertThat(RuleConflicts.of(apart("a", "1", "2"), inForce, THREE)).isEmpty();
  }

  @Test
  void hostileInstancesEnd() {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rules.add(on("h" + i, true, ids("w" + i), "h" + i % 7, "h" + i % 5, "h" + i % 3));
      rules.add(apart("n" + i, "w" + i, "w" + (i * 7 + 1) % 40, "w" + (i * 3 + 2) % 40));
    }
    List<Host> hosts =
        IntStream.range(0, 7).mapToObj(i -> Host.of("h" + i, Capacity.NONE)).toList();
    for (RuleConflicts.Conflict conflict : RuleConflicts.find(rules, hosts)) {
      assertThat(conflict.rules()).isNotEmpty();
    }
  }

  private static List<String> found(Rule... rules) {
    return words(List.of(rules), THREE);
  }

  private static List<String> words(List<Rule> rules, List<Host> hosts) {
    return RuleConflicts.find(rules, hosts).stream()
        .map(c -> c.kind() + " " + c.rules() + ": " + c.describe())
        .toList();
  }

  private static List<Host> hosts(String... names) {
    return List.of(names).stream().map(name -> Host.of(name, Capacity.NONE)).toList();
  }
}
