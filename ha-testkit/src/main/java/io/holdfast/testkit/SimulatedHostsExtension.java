package io.holdfast.testkit;

import io.holdfast.engine.sim.SimConfig;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Makes the cluster of {@link SimulatedHosts}, and looks at it once more when the test is over. */
final class SimulatedHostsExtension implements ParameterResolver, AfterTestExecutionCallback {
  private static final Namespace OURS = Namespace.create(SimulatedHostsExtension.class);
  private static final Duration UP = Duration.ofMinutes(5);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == SimulatedCluster.class;
  }

  @Override
  public SimulatedCluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
    SimulatedHosts size = context.getRequiredTestMethod().getAnnotation(SimulatedHosts.class);
    SimulatedCluster cluster =
        new SimulatedCluster(SimConfig.scripted(size.hosts(), size.workloads()));
    cluster.await("everything runs", cluster::everythingRuns, UP);
    context.getStore(OURS).put(SimulatedCluster.class, cluster);
    return cluster;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    SimulatedCluster cluster =
        context.getStore(OURS).get(SimulatedCluster.class, SimulatedCluster.class);
    if (cluster != null) {
      cluster.assertNothingIsBroken();
    }
  }
}
