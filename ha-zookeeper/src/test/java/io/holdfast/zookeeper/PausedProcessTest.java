package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.testkit.MembershipRecorder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A host and controller is stopped for longer than its lease, replaced, and continued. */
class PausedProcessTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();

  static ZooKeeperCoordination connect(String servers) {
    return ZooKeeperCoordination.builder(servers + "/paused")
        .sessionTimeout(Duration.ofMillis(1_200))
        .build();
  }

  @Test
  void whoWasPausedFindsItselfReplacedAndChangesNothing() throws Exception {
    try (Ensemble ensemble = new Ensemble();
        ZooKeeperCoordination observer = connect(ensemble.connectString())) {
      MembershipRecorder heard = new MembershipRecorder();
      observer.membership().subscribe(heard);
      Process holder = start(ensemble.connectString());
      try {
        String[] leads = await("LEADS ").split(" ", -1);
        Epoch deposed = new Epoch(Long.parseLong(leads[1]));
        Incarnation incarnation = new Incarnation(Long.parseLong(leads[3]));
        heard.awaitLease("renewals", PATIENCE, lease -> lease.sequence() >= 3);
        await("COMMIT Done");

        signal("STOP", holder);
        long paused = System.nanoTime();
        // Taken over while its session lives: nobody has to wait for that to end.
        Epoch epoch = takeOver(observer, deposed);
        commit(observer, epoch);
        heard.awaitLease(
            "the session's end",
            PATIENCE,
            l -> l.incarnation().equals(incarnation) && !l.sessionPresent());
        assertSilent(heard, observer, incarnation);
        assertThat(Duration.ofNanos(System.nanoTime() - paused))
            .isGreaterThan(LeaseHolder.VALIDITY);

        said.clear();
        signal("CONT", holder);
        List<String> lines = new ArrayList<>();
        for (String line = await(""); !line.equals("END"); line = await("")) {
          lines.add(line);
        }
        assertThat(lines).contains("LAPSED");
        assertThat(askedAfterwards(lines, "RENEW")).noneMatch(line -> line.contains("Done"));
        assertThat(lines).anyMatch(line -> line.contains("cause=EXPIRED"));
        assertThat(askedAfterwards(lines, "COMMIT")).noneMatch(line -> line.contains("Done"));
        assertThat(lines).anyMatch(line -> line.contains("cause=DEPOSED"));
        Stored record = stored(observer);
        assertThat(record.value()).isEqualTo("by the successor");
      } finally {
        holder.destroyForcibly();
      }
    }
  }

  /** Without the answer to a call from before the pause, which it may only read afterwards. */
  private static List<String> askedAfterwards(List<String> lines, String call) {
    return lines.stream()
        .filter(line -> line.startsWith(call))
        .dropWhile(line -> !line.equals(call + " asked"))
        .toList();
  }

  private static Epoch takeOver(ZooKeeperCoordination observer, Epoch deposed) {
    Outcome<Election> outcome = observer.membership().takeOver("successor", deposed, TIMEOUT);
    assertThat(done(outcome)).isInstanceOf(Election.Elected.class);
    Epoch epoch = ((Election.Elected) done(outcome)).epoch();
    assertThat(epoch).isGreaterThan(deposed);
    return epoch;
  }

  private static void commit(ZooKeeperCoordination observer, Epoch epoch) {
    Write write = Write.put(LeaseHolder.KEY, "by the successor");
    done(observer.stateStore().commit(Optional.of(epoch), List.of(write), TIMEOUT));
  }

  private static void assertSilent(
      MembershipRecorder heard, ZooKeeperCoordination observer, Incarnation incarnation) {
    Lease last = done(observer.membership().observe(LeaseHolder.HOST, TIMEOUT)).orElseThrow();
    assertThat(last.incarnation()).isEqualTo(incarnation);
    assertThat(heard.news())
        .filteredOn(Lease.class::isInstance)
        .allMatch(item -> ((Lease) item).sequence() <= last.sequence());
    assertThat(done(observer.membership().observe(LeaseHolder.HOST, TIMEOUT))).hasValue(last);
  }

  private static Stored stored(ZooKeeperCoordination observer) {
    return done(observer.stateStore().read(LeaseHolder.KEY, TIMEOUT)).orElseThrow();
  }

  private Process start(String servers) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LeaseHolder.class.getName(),
                servers)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Thread reader = new Thread(() -> read(process), "paused-output");
    reader.setDaemon(true);
    reader.start();
    return process;
  }

  private void read(Process process) {
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      lines.lines().forEach(said::add);
    } catch (IOException e) {
      said.add("unreadable: " + e);
    }
  }

  /** The next line that begins so. */
  private String await(String prefix) throws InterruptedException {
    while (true) {
      String line = said.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(line).as("waiting for '%s'", prefix).isNotNull();
      if (line.startsWith(prefix)) {
        return line;
      }
    }
  }

  private static void signal(String name, Process process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }
}
