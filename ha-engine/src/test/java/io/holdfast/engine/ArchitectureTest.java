package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.holdfast.api.HostId;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule holds for the model and the engine, and fails for a class made to break it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  private static final String OFFENDING = "io.holdfast.engine.core.offending.";

  private JavaClasses production = new ClassFileImporter().importClasses(HostId.class);

  @BeforeAll
  void read() throws IOException, URISyntaxException {
    production =
        new ClassFileImporter().importUrls(List.of(home(HostId.class), home(HaEngine.class)));
  }

  static Stream<Arguments> rules() {
    return Stream.of(
        arguments(ArchitectureRules.API_STANDS_ON_THE_JDK, "io.holdfast.api.offending.ReachesDown"),
        arguments(
            ArchitectureRules.PURE_PARTS_DO_NOT_KNOW_WHO_RUNS_THEM, OFFENDING + "KnowsItsDriver"),
        arguments(ArchitectureRules.PURE_PARTS_CALL_NO_SERVICE, OFFENDING + "CallsAService"),
        arguments(ArchitectureRules.THE_CORES_DO_NOT_KNOW_EACH_OTHER, OFFENDING + "KnowsTheAgent"),
        arguments(
            ArchitectureRules.THE_AGENT_DOES_NOT_KNOW_THE_CONTROLLER,
            "io.holdfast.engine.agent.offending.KnowsTheController"),
        arguments(
            ArchitectureRules.PLACEMENT_STANDS_ON_THE_MODEL,
            "io.holdfast.engine.placement.offending.KnowsTheRecords"),
        arguments(
            ArchitectureRules.PLANNING_STANDS_ON_PLACEMENT,
            "io.holdfast.engine.planning.offending.KnowsTheEngine"),
        arguments(ArchitectureRules.NO_CLOCK, OFFENDING + "ReadsTheClock"),
        arguments(ArchitectureRules.NO_THREADS, OFFENDING + "StartsAThread"),
        arguments(ArchitectureRules.NO_LOCKS, OFFENDING + "StartsAThread"),
        arguments(ArchitectureRules.NO_IO, OFFENDING + "ReadsAFile"),
        arguments(ArchitectureRules.NO_RANDOMNESS, OFFENDING + "ThrowsDice"),
        arguments(ArchitectureRules.NO_LOGGING, OFFENDING + "WritesALog"),
        arguments(ArchitectureRules.NO_UNORDERED_COLLECTIONS, OFFENDING + "IteratesUnordered"),
        arguments(ArchitectureRules.NO_UNORDERED_COLLECTIONS, OFFENDING + "IteratesSalted"),
        arguments(ArchitectureRules.NO_PARALLEL_STREAMS, OFFENDING + "WorksInParallel"),
        arguments(ArchitectureRules.NO_MUTABLE_STATICS, OFFENDING + "KeepsAStatic"),
        arguments(ArchitectureRules.NO_MUTABLE_STATICS, OFFENDING + "KeepsAStaticMap"),
        arguments(ArchitectureRules.NAMES_THAT_SAY_SOMETHING, OFFENDING + "NameHelper"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void theRuleHolds(ArchRule rule, String offender) {
    rule.check(production);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("rules")
  void theRuleFindsItsOffender(ArchRule rule, String offender) throws ClassNotFoundException {
    JavaClasses broken = new ClassFileImporter().importClasses(Class.forName(offender));
    assertThatThrownBy(() -> rule.check(broken))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(offender);
  }

  @Test
  void everyPackageIsLookedAtAndNoTestIs() {
    for (String name : List.of("api", "api.spi", "engine", "engine.core", "engine.agent")) {
      assertThat(production.containPackage("io.holdfast." + name)).as(name).isTrue();
    }
    assertThat(production.contain(ArchitectureTest.class)).isFalse();
  }

  @Test
  void everyOffenderIsUsed() throws Exception {
    List<String> used = rules().map(rule -> (String) rule.get()[1]).toList();
    Path folder =
        Path.of(
                Objects.requireNonNull(
                        Class.forName(OFFENDING + "NameHelper").getResource("NameHelper.class"))
                    .toURI())
            .getParent();
    List<String> offenders = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          f -> offenders.add(OFFENDING + f.getFileName().toString().replace(".class", "")));
    }
    assertThat(used).containsAll(offenders);
  }

  /** Where a module's own classes are: a folder in the build, a jar when it is packaged. */
  private static URL home(Class<?> type) throws IOException {
    URL location = type.getProtectionDomain().getCodeSource().getLocation();
    return location.getPath().endsWith(".jar")
        ? URI.create("jar:" + location + "!/").toURL()
        : location;
  }
}
