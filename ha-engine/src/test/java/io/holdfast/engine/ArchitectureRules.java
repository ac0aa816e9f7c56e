package io.holdfast.engine;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/** Who may know whom, and what the pure cores may not do. */
final class ArchitectureRules {
  private static final String ENGINE = "io.holdfast.engine";

  /** Deterministic: the ban list holds for these. */
  private static final String[] PURE = {
    ENGINE + ".core..",
    ENGINE + ".agent..",
    ENGINE + ".placement..",
    ENGINE + ".planning..",
    ENGINE + ".lease"
  };

  /** Values of the SPIs that decisions are made of; everything else there can be called. */
  private static final List<String> SPI_VALUES =
      List.of(
          "Membership$Lease",
          "Membership$Connection",
          "Membership$Election",
          "StateStore$Key",
          "StateStore$Table",
          "StateStore$Stored",
          "Hypervisor$HypervisorEvent",
          "Hypervisor$RunState");

  private ArchitectureRules() {}

  // Layers

  static final ArchRule API_STANDS_ON_THE_JDK =
      classes()
          .that()
          .resideInAPackage("io.holdfast.api..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify.annotations..", "io.holdfast.api..");

  static final ArchRule PURE_PARTS_DO_NOT_KNOW_WHO_RUNS_THEM =
      noClasses()
          .that()
          .resideInAnyPackage(
              ENGINE + ".core..",
              ENGINE + ".agent..",
              ENGINE + ".record..",
              ENGINE + ".placement..",
              ENGINE + ".planning..",
              ENGINE + ".lease")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ENGINE, ENGINE + ".effect..", ENGINE + ".sim..", ENGINE + ".lease.io..");

  static final ArchRule PURE_PARTS_CALL_NO_SERVICE =
      noClasses()
          .that()
          .resideInAnyPackage(
              ENGINE + ".core..",
              ENGINE + ".agent..",
              ENGINE + ".record..",
              ENGINE + ".placement..",
              ENGINE + ".planning..",
              ENGINE + ".lease")
          .should()
          .dependOnClassesThat(describe("can be called", ArchitectureRules::isService));

  static final ArchRule THE_CORES_DO_NOT_KNOW_EACH_OTHER =
      noClasses()
          .that()
          .resideInAPackage(ENGINE + ".core..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ENGINE + ".agent..");

  static final ArchRule THE_AGENT_DOES_NOT_KNOW_THE_CONTROLLER =
      noClasses()
          .that()
          .resideInAPackage(ENGINE + ".agent..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ENGINE + ".core..");

  static final ArchRule PLACEMENT_STANDS_ON_THE_MODEL =
      classes()
          .that()
          .resideInAPackage(ENGINE + ".placement..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "org.jspecify.annotations..", "io.holdfast.api", ENGINE + ".placement..");

  static final ArchRule PLANNING_STANDS_ON_PLACEMENT =
      classes()
          .that()
          .resideInAPackage(ENGINE + ".planning..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify.annotations..",
              "io.holdfast.api",
              ENGINE + ".placement..",
              ENGINE + ".planning..");

  private static boolean isService(JavaClass type) {
    String prefix = "io.holdfast.api.spi.";
    String name = type.getName();
    return name.startsWith(prefix)
        && SPI_VALUES.stream().noneMatch(value -> name.startsWith(prefix + value));
  }

  // The ban list

  static final ArchRule NO_CLOCK =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat(
              describe(
                  "tell the time",
                  type ->
                      type.isEquivalentTo(System.class)
                          || (type.getPackageName().equals("java.time")
                              && !type.getSimpleName().equals("Duration"))));

  static final ArchRule NO_THREADS =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.util.concurrent..")
                  .or(
                      oneOf(
                          Thread.class, ThreadLocal.class, Runtime.class, java.util.Timer.class)));

  static final ArchRule NO_LOCKS =
      methods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(PURE)
          .should()
          .notHaveModifier(JavaModifier.SYNCHRONIZED);

  static final ArchRule NO_IO =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.io..", "java.nio..", "java.net..", "java.sql..");

  static final ArchRule NO_RANDOMNESS =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.security..", "java.util.random..")
                  .or(
                      oneOf(
                          java.util.Random.class,
                          java.util.SplittableRandom.class,
                          java.util.UUID.class)))
          .orShould()
          .callMethod(Math.class, "random");

  static final ArchRule NO_LOGGING =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.slf4j..", "java.util.logging..", "java.lang.System.Logger..");

  static final ArchRule NO_UNORDERED_COLLECTIONS =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat(
              oneOf(
                  HashMap.class,
                  HashSet.class,
                  IdentityHashMap.class,
                  WeakHashMap.class,
                  Hashtable.class))
          .orShould()
          .callMethodWhere(
              describe("makes a set or a map without an order", ArchitectureRules::isUnordered));

  static final ArchRule NO_PARALLEL_STREAMS =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .callMethodWhere(
              describe(
                  "works in parallel",
                  call -> call.getName().equals("parallelStream") || isParallel(call)));

  private static boolean isParallel(JavaMethodCall call) {
    return call.getName().equals("parallel")
        && call.getTargetOwner().isAssignableTo(java.util.stream.BaseStream.class);
  }

  /** The order of these depends on a salt that every process draws anew, or on hash codes. */
  private static boolean isUnordered(JavaMethodCall call) {
    JavaClass owner = call.getTargetOwner();
    int parameters = call.getTarget().getRawParameterTypes().size();
    String name = call.getName();
    if (owner.isEquivalentTo(Set.class) || owner.isEquivalentTo(Map.class)) {
      return name.equals("of") || name.equals("ofEntries") || name.equals("copyOf");
    }
    return owner.isEquivalentTo(java.util.stream.Collectors.class)
        && switch (name) {
          case "toSet", "toUnmodifiableSet", "toUnmodifiableMap", "partitioningBy" -> true;
          case "toMap" -> parameters < 4;
          case "groupingBy" -> parameters < 3;
          default -> false;
        };
  }

  private static DescribedPredicate<JavaClass> oneOf(Class<?>... types) {
    List<Class<?>> all = List.of(types);
    return describe(
        "are one of " + all, type -> all.stream().anyMatch(one -> type.isAssignableTo(one)));
  }

  // Everywhere

  static final ArchRule NO_MUTABLE_STATICS =
      fields()
          .that()
          .areStatic()
          .and(describe("are written by hand", ArchitectureRules::isWritten))
          .should()
          .beFinal()
          .andShould(notBeACollectionThatChanges());

  static final ArchRule NAMES_THAT_SAY_SOMETHING =
      noClasses().that().arePublic().should().haveNameMatching(".*(Manager|Helper|Util)s?");

  private static boolean isWritten(JavaField field) {
    return !field.getName().contains("$") && !field.getModifiers().contains(JavaModifier.SYNTHETIC);
  }

  /** A list is trusted to be {@code List.of}; other collections and arrays are not. */
  private static ArchCondition<JavaField> notBeACollectionThatChanges() {
    return new ArchCondition<>("not be a collection that changes") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        JavaClass type = field.getRawType();
        boolean collection =
            type.isAssignableTo(Map.class)
                || (type.isAssignableTo(Collection.class) && !type.isEquivalentTo(List.class));
        boolean changes =
            collection
                || type.isArray()
                || type.getPackageName().equals("java.util.concurrent.atomic");
        events.add(
            new SimpleConditionEvent(
                field, !changes, field.getFullName() + " is a " + type.getName()));
      }
    };
  }
}
