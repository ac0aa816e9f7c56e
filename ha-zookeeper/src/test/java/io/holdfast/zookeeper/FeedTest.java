package io.holdfast.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.testkit.ChangeRecorder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;

/** How news reach a listener. */
class FeedTest {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();

  @Test
  void everythingIsToldAnewNowAndThen() throws Exception {
    try (TestingServer server = new TestingServer();
        ZooKeeperCoordination client =
            ZooKeeperCoordination.builder(server.getConnectString() + "/feed")
                .resyncInterval(Duration.ofMillis(100))
                .build()) {
      ChangeRecorder recorder = new ChangeRecorder();
      client.stateStore().watch(Table.FENCE, Optional.empty(), recorder);
      Ensemble.await("several resyncs", () -> recorder.resyncs() >= 3);
    }
  }

  @Test
  void ofSeveralNewsAboutOneSubjectTheLastIsTold() {
    Mailbox<List<String>> mailbox = new Mailbox<>(told, tasks::add, box -> {});
    mailbox.post("h1", list -> list.add("h1 first"));
    mailbox.post("h2", list -> list.add("h2"));
    mailbox.post("h1", list -> list.add("h1 last"));
    assertThat(tasks).hasSize(1);
    runTasks();
    assertThat(told).containsExactly("h2", "h1 last");
    mailbox.post("h1", list -> list.add("h1 again"));
    runTasks();
    assertThat(told).containsExactly("h2", "h1 last", "h1 again");
  }

  @Test
  void aListenerThatFailsIsToldTheRest() {
    Mailbox<List<String>> mailbox = new Mailbox<>(told, tasks::add, box -> {});
    mailbox.post(
        "h1",
        list -> {
          throw new UnsupportedOperationException("part of the test");
        });
    mailbox.post("h2", list -> list.add("h2"));
    runTasks();
    assertThat(told).containsExactly("h2");
  }

  @Test
  void whatWaitsWhenAMailboxIsClosedIsNotTold() {
    Mailbox<List<String>> mailbox = new Mailbox<>(told, tasks::add, box -> {});
    mailbox.post("h1", list -> list.add("h1"));
    mailbox.close();
    mailbox.post("h2", list -> list.add("h2"));
    runTasks();
    assertThat(told).isEmpty();
  }

  @Test
  void anExecutorThatRefusesEndsTheFeedAndNothingElse() {
    List<Mailbox<List<String>>> closed = new ArrayList<>();
    Mailbox<List<String>> mailbox =
        new Mailbox<>(
            told,
            task -> {
              throw new RejectedExecutionException("part of the test");
            },
            closed::add);
    mailbox.post("h1", list -> list.add("h1"));
    assertThat(closed).containsExactly(mailbox);
  }

  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }
}
