package io.holdfast.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test method that has a parameter {@link SimulatedCluster} gets one in which everything runs and
 * nothing goes wrong but what the test asks for. When the method has ended, no promise may have
 * been broken.
 *
 * <pre>{@code
 * @Test
 * @SimulatedHosts(hosts = 3, workloads = 6)
 * void aCrashCostsLessThanHalfAMinute(SimulatedCluster cluster) {
 *   cluster.faults().crash(new HostId("host2"));
 *   cluster.await("everything runs again", cluster::everythingRuns, Duration.ofSeconds(30));
 * }
 * }</pre>
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SimulatedHostsExtension.class)
public @interface SimulatedHosts {
  /** 1 to 50, named {@code host1} and so on. */
  int hosts();

  /** 0 to 1,000, each protected and running when the test begins. */
  int workloads();
}
