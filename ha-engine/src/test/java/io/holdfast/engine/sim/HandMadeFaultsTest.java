package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.holdfast.engine.sim.FaultyClasses.Fault;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The simulator finds what it is there to find: each of these faults, put into one method of the
 * cores by hand, is caught by a few seeds. Nothing in the production classes knows of it.
 */
class HandMadeFaultsTest {
  private static final int SEEDS = 3000;

  static Stream<Arguments> faults() {
    return Stream.of(
        fault(
            "a workload is taken from its owner without evidence",
            new Fault.Answers("core.WorkloadFacts.standOf", "HostEntry.isProvenDown", 1)),
        fault(
            "whatever a fence device answers counts as off",
            new Fault.Answers("core.FenceOperations.answered", "FenceOutcome.proves", 1)),
        fault(
            "a host is taken for down whatever its evidence is about",
            new Fault.Returns("core.HostEntry.isProvenDown", true)),
        fault(
            "any host is without any workload",
            new Fault.Returns("core.HostEntry.isWithout", true)),
        fault(
            "decisions are carried out without the store",
            new Fault.ReturnsField("core.ControllerState.mayAct", "leading")),
        fault(
            "a stop or a start that timed out counts as done",
            new Fault.TakesFor("agent.Starts.answered", "Outcome$Done"),
            new Fault.TakesFor("agent.Endings.answered", "Outcome$Done")),
        fault(
            "what came of an action is swallowed",
            new Fault.Answers("agent.Actions.ended", "OpId.equals", 0)),
        fault(
            "the epoch is forgotten",
            new Fault.Answers("effect.ControllerEffects.commit", "Optional.of", 0)),
        fault(
            "an epoch counts as written, whatever the disk says",
            "safe on its disk",
            new Fault.TakesFor("agent.EpochKeeper.persisted", "Outcome$Done")),
        fault(
            "a start of unknown result is not made certain",
            new Fault.Returns("agent.Inventory.isUncertain", false)),
        fault(
            "what a former agent may have begun to start is said not to run",
            new Fault.Returns("agent.Predecessor.mayStillStart", false)),
        fault(
            "a host starts what it is told to without a lease",
            new Fault.Returns("agent.Starts.mayStart", true)),
        fault(
            "an order to a former incarnation is followed",
            new Fault.Answers("agent.Intents.consider", "Incarnation.equals", 1)),
        fault(
            "an order of an older epoch is followed",
            new Fault.Answers("agent.Intents.consider", "Epoch.compareTo", 1)),
        fault(
            "what a host says in another incarnation than it is placed on counts",
            new Fault.Answers("core.WorkloadFacts.standOf", "Incarnation.equals", 1)),
        fault(
            "what a host said of its watchdog before it was told to disarm it counts",
            new Fault.Returns("core.HostEntry.lambda$isGuarded$", true),
            new Fault.AnswersConstant(
                "core.HostEntry.isGuarded",
                "HostIntent$Guard.order",
                "record.HostIntent$GuardOrder",
                "REQUIRED")),
        fault(
            "what a host said of its watchdog in an earlier turn counts",
            new Fault.Returns("core.HostEntry.lambda$isGuarded$", true)),
        fault(
            "a host that never said so counts as guarded",
            new Fault.Returns("core.HostEntry.isGuarded", true)),
        fault(
            "a move is settled before its owner has read that it is withdrawn",
            new Fault.Answers("core.Moves.present", "HostEntry.hasAnsweredIntent", 1)),
        fault(
            "a host relies on its lease for longer than it says",
            "LEASES OVERLAP",
            new Fault.AsksInstead(
                "agent.LeaseKeeper.renewEnded", "Timings.leaseValidity", "resyncInterval")),
        fault(
            "a host without room is given more",
            "has no room for it",
            new Fault.Returns("placement.HostSlot.hasRoom", true)),
        fault(
            "a host is chosen that a strict rule does not name",
            "against rule HostAffinity",
            new Fault.Returns("placement.Bundle.allows", true)),
        fault(
            "what has to be apart is put together",
            "against rule WorkloadAffinity",
            new Fault.Answers("placement.Search.blocking", "Search$Apart.othersAt", 0)),
        fault(
            "what has to be together is put apart",
            "against rule WorkloadAffinity",
            new Fault.Answers("placement.Search.unkept", "Search$Together.isKeptAt", 1),
            new Fault.Answers("placement.PlacementState.partnerHosts", "HostSlot.isUsable", 0)),
        fault(
            "a host is chosen where a condition does not hold",
            "does not hold",
            new Fault.Answers("placement.Search.missingCondition", "SortedSet.contains", 1)),
        fault(
            "what depends on others does not wait for them",
            "on which it depends",
            new Fault.Returns("core.Dependencies.leadsTo", true)),
        fault(
            "what is locked is started elsewhere",
            "and is locked",
            new Fault.Answers("core.Recovery.place", "WorkloadEntry.lock", 0)),
        fault(
            "what does not fail over does",
            "ONLY HOST",
            new Fault.Returns("core.OnlyHost.isBound", false)),
        fault(
            "as many starts are under way in the cluster as there are",
            "PACE: starts",
            new Fault.Returns("core.Starts.areEnough", false)),
        fault(
            "a host begins as many starts as it is told to",
            "PACE: starts",
            new Fault.Returns("agent.Actions.areTooManyStarts", false)),
        fault(
            "as many moves are under way in the cluster as there are",
            "may be in the cluster",
            new Fault.Returns("core.MoveSlots.areTaken", false),
            new Fault.Returns("core.MoveSlots.areTakenOn", false)),
        fault(
            "a host sends and takes as many moves as there are",
            "may be from and to",
            new Fault.Returns("core.MoveSlots.areTakenOn", false)),
        fault(
            "hosts are fenced without a pause, all at once",
            new Fault.Answers("core.Fencing.consider", "FenceGuards.whyNotNow", 0)),
        fault(
            "the level that a former controller had come to is forgotten",
            "although the one before had come to",
            new Fault.Answers("core.FenceLevels.withoutFormer", "FenceLevels.ofThisSilence", 0)),
        fault(
            "an agent goes on although its host was told that the cluster is disarmed",
            "HANDS OFF",
            new Fault.Returns("agent.HandsOff.holds", false)),
        fault(
            "what may have left by a migration is started again",
            new Fault.Returns("agent.Departures.hasLeft", false),
            new Fault.Returns("agent.Departures.leftByOrder", false)));
  }

  private static Arguments fault(String name, Fault... faults) {
    return arguments(name, "", List.of(faults));
  }

  /**
   * @param by what the checker says that has to catch it, whichever others do as well
   */
  private static Arguments fault(String name, String by, Fault... faults) {
    return arguments(name, by, List.of(faults));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void pitfall40AFaultIsCaught(String name, String by, List<Fault> faults)
      throws ReflectiveOperationException {
    FaultyClasses classes = new FaultyClasses(faults);
    LongFunction<String> run = runIn(classes);
    for (long seed = FaultRun.FIRST; seed <= SEEDS; seed++) {
      String violation = run.apply(seed);
      if (!violation.isEmpty() && violation.contains(by)) {
        assertThat(classes.found()).as("places of the fault").isPositive();
        System.out.printf("%s: caught by seed %d: %s%n", name, seed, violation);
        return;
      }
    }
    throw new AssertionError(name + ": not caught by " + SEEDS + " seeds");
  }

  @Test
  void withoutAFaultNothingIsCaught() throws ReflectiveOperationException {
    LongFunction<String> run = runIn(new FaultyClasses(List.of()));
    for (long seed = FaultRun.FIRST; seed <= 20; seed++) {
      assertThat(run.apply(seed)).isEmpty();
    }
  }

  @SuppressWarnings("unchecked")
  private static LongFunction<String> runIn(FaultyClasses classes)
      throws ReflectiveOperationException {
    return (LongFunction<String>)
        classes.loadClass(FaultRun.class.getName()).getDeclaredConstructor().newInstance();
  }
}
