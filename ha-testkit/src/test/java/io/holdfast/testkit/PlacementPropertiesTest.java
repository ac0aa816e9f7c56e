package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Every property catches the planner that breaks it. */
class PlacementPropertiesTest {
  @TempDir private Path folder;

  /** What a run of one property came to. */
  private static final class Run implements TestExecutionListener {
    private final List<TestExecutionResult> results = new ArrayList<>();
    private final StringBuilder reports = new StringBuilder();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest()) {
        results.add(result);
      }
    }

    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
      entry.getKeyValuePairs().values().forEach(reports::append);
    }

    private TestExecutionResult only() {
      assertThat(results).as("properties that were tried").hasSize(1);
      return results.get(0);
    }
  }

  private Run run(String planner, String property) throws ReflectiveOperationException {
    Class<?> broken = Class.forName(BrokenPlanners.class.getName() + "$" + planner);
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectMethod(broken, method(property)))
            .configurationParameter("jqwik.reporting.usejunitplatform", "true")
            .configurationParameter("jqwik.database", folder.resolve("failed").toString())
            .build();
    Run run = new Run();
    LauncherFactory.create().execute(request, run);
    return run;
  }

  private static Method method(String property) {
    for (Method method : PlacementProperties.class.getDeclaredMethods()) {
      if (method.getName().equals(property)) {
        return method;
      }
    }
    throw new IllegalArgumentException("no property " + property);
  }

  @ParameterizedTest
  @CsvSource({
    "ForgetsRules, strictRulesHoldAfterEveryStep",
    "ForgetsWhatItCosts, whatComesOfTheStepsIsWhatThePlanSays",
    "Overcommits, noHostIsGivenMoreThanItCanCarryAtAnyMoment",
    "DoesAllAtOnce, noHostIsGivenMoreThanItCanCarryAtAnyMoment",
    "MovesUnasked, survivorsStayUnlessTheyMayMoveOrStop",
    "EvictsUnasked, survivorsStayUnlessTheyMayMoveOrStop",
    "MovesTheUnmovable, survivorsStayUnlessTheyMayMoveOrStop",
    "UsesHostsInMaintenance, workloadsComeOnlyToHostsThatMayRunThem",
    "ForgetsKinds, workloadsComeOnlyToHostsThatMayRunThem",
    "ForgetsPromises, noHostIsGivenMoreThanItCanCarryAtAnyMoment",
    "ForgetsConditions, workloadsComeOnlyToHostsThatMayRunThem",
    "ForgetsLabels, workloadsComeOnlyToHostsThatMayRunThem",
    "StartsTwice, nothingRunsTwiceAndEveryStepCanBeDone",
    "WaitsForItself, nothingRunsTwiceAndEveryStepCanBeDone",
    "Boasts, whatComesOfTheStepsIsWhatThePlanSays",
    "HidesWhatIsLeftOut, whatComesOfTheStepsIsWhatThePlanSays",
    "GivesNoReasons, everyHostSaysWhyItDoesNotTakeWhatIsLeftOut",
    "BoundsTooLow, noPlanIsBetterThanTheBoundOrTheOneThatIsCalledTheBest",
    "CallsAnythingTheBest, noPlanIsBetterThanTheBoundOrTheOneThatIsCalledTheBest",
    "MistrustsLargeHosts, moreCapacityNeverLosesWorth",
    "DislikesAName, otherNamesChangeNothing",
    "DoesHalf, aPlanThatIsCarriedOutLeavesNothingToDo",
    "ThrowsDice, theSameSeedGivesTheSamePlan",
    "Dawdles, theTimeBudgetIsKept",
  })
  void whoBreaksAPromiseIsCaughtByIt(String planner, String property)
      throws ReflectiveOperationException {
    Run run = run(planner, property);
    assertThat(run.only().getStatus()).isEqualTo(TestExecutionResult.Status.FAILED);
    assertThat(run.only().getThrowable().orElseThrow()).isInstanceOf(AssertionError.class);
  }

  @Test
  void whatFailsIsSmallAndCanBeTriedOut() throws ReflectiveOperationException {
    String report =
        run("Overcommits", "noHostIsGivenMoreThanItCanCarryAtAnyMoment").reports.toString();
    String shrunk =
        report.substring(report.indexOf("Shrunk Sample"), report.indexOf("Original Sample"));
    assertThat(shrunk)
        .contains("{\"dimensions\": [\"cpu\"],", "\"id\": \"h1\"", "\"id\": \"vm:1\"");
    assertThat(shrunk).doesNotContain("\"h3\"", "\"vm:3\"", "\"rules\"");
  }
}
