package io.holdfast.examples.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Gives every test a {@link Cluster} that is whole and quiet, and holds every test to the first
 * promise: no guest ever ran twice. What hosts, BMCs and guests said last is printed when one
 * fails.
 */
final class LabExtension
    implements BeforeEachCallback, AfterEachCallback, ParameterResolver, TestWatcher {
  private static final Namespace NAMESPACE = Namespace.create(LabExtension.class);
  private static final Duration SILENCE = Duration.ofSeconds(6);

  /** The lab of all tests; ended with the last of them, or with the process. */
  private static final class Running implements AutoCloseable {
    final Cluster cluster;
    boolean failed;
    private boolean tried;
    private @Nullable Exception problem;
    private final Thread atExit = new Thread(this::downAtExit, "lab-down");

    Running() {
      Runtime.getRuntime().addShutdownHook(atExit);
      cluster = new Cluster(() -> new Lab(Path.of("").toAbsolutePath(), SILENCE));
    }

    /** Brings it up, once: what has failed to come up is not tried again for every test. */
    void beUp() {
      if (!tried) {
        tried = true;
        try {
          up();
        } catch (Exception e) {
          problem = e;
        }
      }
      if (problem != null) {
        throw new IllegalStateException("the lab did not come up: " + problem, problem);
      }
    }

    private void up() throws Exception {
      long begin = System.nanoTime();
      cluster.comeUp();
      cluster.report("lab up, six guests answer", System.nanoTime() - begin);
    }

    @Override
    public void close() throws IOException {
      Runtime.getRuntime().removeShutdownHook(atExit);
      try {
        cluster.lab().down(failed);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the lab was taken down", e);
      }
    }

    private void downAtExit() {
      try {
        cluster.lab().down(true);
      } catch (Exception e) {
        System.err.println("the lab could not be taken down: " + e);
      }
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    cluster(context).begin(context.getDisplayName());
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    List<String> twice = cluster(context).ranTwice();
    if (!twice.isEmpty()) {
      throw new AssertionError("ran twice at once: " + twice);
    }
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    Running running = running(context);
    if (running == null || (running.failed && running.problem != null)) {
      return; // all has been said
    }
    running.failed = true;
    System.out.println(running.cluster.story("failed: " + cause));
    running.cluster.breaksOff();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Cluster.class;
  }

  @Override
  public Cluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return cluster(context);
  }

  private static Cluster cluster(ExtensionContext context) {
    Running running =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(Running.class, type -> new Running(), Running.class);
    running.beUp();
    return running.cluster;
  }

  private static @Nullable Running running(ExtensionContext context) {
    return context.getRoot().getStore(NAMESPACE).get(Running.class, Running.class);
  }
}
