package io.holdfast.examples.lab;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.HaEngine;
import io.holdfast.zookeeper.ZooKeeperCoordination;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at the lab from its switch room: asks every guest over TCP again and again and tells each
 * change as a line of JSON, and carries out what it is told on standard input: {@code register},
 * {@code protect}, {@code desired WORKLOAD STATE}, {@code unprotect WORKLOAD}, {@code move WORKLOAD
 * HOST}, {@code shutdown POLICY}, {@code leader}; past the engine, {@code start HOST WORKLOAD} and
 * {@code migrate HOST WORKLOAD TARGET}; and {@code connect WORKLOAD} and {@code disconnect
 * WORKLOAD} for a connection that is kept open meanwhile. Every command is answered by one line
 * with {@code "reply"}.
 */
public final class LabObserver {
  private static final Duration ASK_EVERY = Duration.ofMillis(50);
  private static final int PATIENCE_MILLIS = 150;
  private static final Splitter WORDS = Splitter.on(' ');

  private final ObjectMapper mapper = new ObjectMapper();
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Path lab;
  private final HaEngine admin;
  private final LabHypervisors hypervisors = new LabHypervisors();
  private final Map<String, LabSession> sessions = new HashMap<>();

  private LabObserver(Path lab, HaEngine admin) {
    this.lab = lab;
    this.admin = admin;
  }

  /**
   * @param args the lab's state directory, and the silence as a duration
   */
  public static void main(String[] args) throws Exception {
    Path lab = Path.of(args[0]);
    Duration silence = Duration.parse(args[1]);
    try (ZooKeeperCoordination coordination = LabNetwork.coordination(silence).build()) {
      HaEngine admin =
          HaEngine.builder()
              .candidate("observer")
              .membership(coordination.membership())
              .store(coordination.stateStore())
              .timings(LabNetwork.timings(silence))
              .build();
      new LabObserver(lab, admin).run();
    }
  }

  private void run() throws IOException {
    for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
      Thread asking = new Thread(new Probe(guest), "probe-" + guest.name());
      asking.setDaemon(true);
      asking.start();
    }
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      reply(line, carryOut(WORDS.splitToList(line.strip())));
    }
  }

  private String carryOut(List<String> words) throws IOException {
    return switch (words.get(0)) {
      case "register" -> register();
      case "protect" -> protect();
      case "desired" ->
          word(
              admin.setDesired(WorkloadId.parse(words.get(1)), DesiredState.valueOf(words.get(2))));
      case "unprotect" -> word(admin.unprotect(WorkloadId.parse(words.get(1))));
      case "move" -> word(admin.move(WorkloadId.parse(words.get(1)), new HostId(words.get(2))));
      case "shutdown" ->
          word(
              admin.setPolicy(
                  ClusterPolicy.DEFAULT.toBuilder()
                      .shutdown(ClusterPolicy.ShutdownPolicy.valueOf(words.get(1)))
                      .build()));
      case "leader" -> storeLeader();
      case "start" -> start(new HostId(words.get(1)), WorkloadId.parse(words.get(2)));
      case "migrate" ->
          word(
              hypervisors.migrate(
                  new HostId(words.get(1)),
                  WorkloadId.parse(words.get(2)),
                  new HostId(words.get(3))));
      case "connect" -> connect(words.get(1));
      case "disconnect" -> disconnect(words.get(1));
      default -> "unknown command " + words.get(0);
    };
  }

  private String start(HostId host, WorkloadId workload) throws IOException {
    Path xml = lab.resolve("guests").resolve(workload.name() + ".xml");
    return word(hypervisors.start(host, workload, new Definition(Files.readString(xml))));
  }

  private String connect(String workload) {
    LabNetwork.Guest guest =
        LabNetwork.GUESTS.stream()
            .filter(g -> g.workload().id().toString().equals(workload))
            .findAny()
            .orElseThrow();
    LabSession before = sessions.remove(workload); // of one who broke off
    try {
      if (before != null) {
        before.end();
      }
      sessions.put(workload, LabSession.open(guest));
      return "done";
    } catch (IOException e) {
      return "no connection: " + e;
    }
  }

  private String disconnect(String workload) throws IOException {
    LabSession session = sessions.remove(workload);
    return session == null ? "no connection" : session.end();
  }

  private String register() {
    for (HostId host : LabNetwork.HOSTS) {
      Outcome<Ack> outcome = admin.register(Host.of(host.value(), LabNetwork.HOST_CAPACITY));
      if (!outcome.isDone()) {
        return outcome.toString();
      }
    }
    return "done";
  }

  private String protect() throws IOException {
    for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
      Path xml = lab.resolve("guests").resolve(guest.name() + ".xml");
      Outcome<Ack> outcome = admin.protect(guest.workload(), new Definition(Files.readString(xml)));
      if (!outcome.isDone()) {
        return outcome.toString();
      }
    }
    return "done";
  }

  private static String word(Outcome<Ack> outcome) {
    return outcome.isDone() ? "done" : outcome.toString();
  }

  /** The host whose ZooKeeper server leads the ensemble. */
  private static String storeLeader() {
    for (HostId host : LabNetwork.HOSTS) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(LabNetwork.hostAddress(host), 2181), 1000);
        socket.setSoTimeout(1000);
        socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
        String answer =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (answer.contains("Mode: leader")) {
          return host.value();
        }
      } catch (IOException e) {
        // A server that does not answer does not lead.
      }
    }
    return "none";
  }

  private void reply(String command, String text) {
    ObjectNode line = mapper.createObjectNode();
    line.put("command", command);
    line.put("reply", text);
    out.println(line);
  }

  /** Asks one guest, and tells when its answer changes. */
  private final class Probe implements Runnable {
    private final LabNetwork.Guest guest;
    private String before = "";

    Probe(LabNetwork.Guest guest) {
      this.guest = guest;
    }

    @Override
    public void run() {
      try {
        while (true) {
          look();
          Thread.sleep(ASK_EVERY.toMillis());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void look() {
      String boot = ask();
      if (boot.equals(before)) {
        return;
      }
      before = boot;
      ObjectNode line = mapper.createObjectNode();
      line.put("atMillis", System.currentTimeMillis());
      line.put("by", "observer");
      line.put("event", boot.isEmpty() ? "GuestSilent" : "GuestAnswers");
      line.put("workload", "vm:" + guest.name());
      line.put("boot", boot);
      out.println(line);
    }

    /** The id of the guest's boot, empty if it does not answer. */
    private String ask() {
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(guest.address(), LabNetwork.GUEST_PORT), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS * 3);
        String answer =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        List<String> words = WORDS.splitToList(answer.strip());
        return words.size() >= 2 ? words.get(1) : "";
      } catch (IOException e) {
        return "";
      }
    }
  }
}
