package io.holdfast.examples.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.api.HostId;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The real lab, driven from Java: its script is run, what its parts tell is followed, guests are
 * counted in the machine's process table. One thread drives; {@link #moments} is for all.
 */
final class Lab {
  /** What a kernel says when it stops, or its network card's queue holds what it never wrote. */
  private static final List<String> BREAKDOWNS = List.of("Kernel panic", "[#1]", "is not a head!");

  /** A step of a host takes half of it at worst; only what may install packages takes longer. */
  private static final Duration SCRIPT_PATIENCE = Duration.ofMinutes(3);

  private static final Duration INSTALL_PATIENCE = Duration.ofMinutes(6);
  private static final Duration COME_UP_PATIENCE = Duration.ofMinutes(1);
  private static final Duration TAKE_BACK_PATIENCE = Duration.ofSeconds(15);
  private static final Duration REPLY_PATIENCE = Duration.ofSeconds(90);
  private static final long LOOK_EVERY_MILLIS = 20;

  private final Path home;
  private final Path state;
  private final Duration silence;
  private final ObjectMapper mapper = new ObjectMapper();
  final Moments moments = new Moments();
  private final List<LogTail> tails = new ArrayList<>();
  private final List<Moment> fresh = new ArrayList<>(); // of the thread that reads the tails
  private final BlockingQueue<JsonNode> replies = new ArrayBlockingQueue<>(16);
  private final Emulators emulators = new Emulators(Path.of("/proc"));
  private final Twins twins = new Twins(); // of the same thread
  private final List<String> twice = new ArrayList<>();
  private volatile boolean closing;
  private volatile boolean ours;
  private @Nullable Process observer;
  private @Nullable Thread following;

  /**
   * @param home the directory with the {@code lab} script
   * @param silence after which a host is lost
   */
  Lab(Path home, Duration silence) {
    this.home = home;
    this.silence = silence;
    String chosen = System.getenv("HOLDFAST_LAB_DIR");
    state = Path.of(chosen == null ? "/var/tmp/holdfast-lab" : chosen);
  }

  /** Brings everything up, and begins to follow what is told. */
  void up() throws IOException, InterruptedException {
    ours = true;
    try {
      run("up", "--silence", seconds(silence));
    } catch (IOException e) {
      ours =
          false; // it has cleaned up behind itself, or there is another's lab, which is not to end
      throw e;
    }
    follow();
    startObserver();
  }

  /** Registers the hosts and protects the guests, as a platform would. */
  void protectGuests() throws IOException, InterruptedException {
    awaitDone("register", COME_UP_PATIENCE);
    awaitDone("protect", COME_UP_PATIENCE);
  }

  /** Takes back whatever a test may have asked of the engine. Ends soon, whatever hangs. */
  void takeBack() throws IOException, InterruptedException {
    awaitDone("register", TAKE_BACK_PATIENCE);
    awaitDone("protect", TAKE_BACK_PATIENCE);
    awaitDone("shutdown CONDITIONAL", TAKE_BACK_PATIENCE);
  }

  /** Waits until every one of these guests answers, with the latest thing told of it. */
  boolean awaitAnswers(Duration patience, List<LabNetwork.Guest> guests)
      throws InterruptedException {
    return moments.await(patience, seen -> guests.stream().allMatch(g -> Moments.answers(seen, g)));
  }

  /** The host whose engine was elected last. */
  HostId controller() {
    return new HostId(
        moments
            .last(m -> m.is("ControllerElected"))
            .map(m -> m.text("candidate"))
            .orElseThrow(() -> new IllegalStateException("no controller has been elected")));
  }

  /** The host whose ZooKeeper server leads, or {@code none}. */
  String storeLeader() throws IOException, InterruptedException {
    return tell("leader");
  }

  /** {@code kvm} or {@code tcg}. */
  String accelerator() throws IOException {
    return Files.readString(state.resolve("accelerator")).strip();
  }

  /** Guests that were ever seen with a second copy: must stay empty. */
  List<String> ranTwice() {
    synchronized (twice) {
      return List.copyOf(twice);
    }
  }

  JsonNode status() throws IOException, InterruptedException {
    return mapper.readTree(run("status", "--json"));
  }

  /** The file with a guest's definition, the same for every host. */
  Path definition(LabNetwork.Guest guest) {
    return state.resolve("guests").resolve(guest.name() + ".xml");
  }

  /** Where a guest's emulator runs, as the lab sees it. */
  List<String> hostsRunning(String guest) throws IOException, InterruptedException {
    List<String> hosts = new ArrayList<>();
    for (JsonNode host : status().path("hosts")) {
      for (JsonNode running : host.path("guests")) {
        if (running.asText().equals(guest)) {
          hosts.add(host.path("host").asText());
        }
      }
    }
    return hosts;
  }

  /** Tells the observer to do something and gives its answer. */
  String tell(String command) throws IOException, InterruptedException {
    return tell(command, REPLY_PATIENCE);
  }

  private String tell(String command, Duration patience) throws IOException, InterruptedException {
    Process running = observer;
    if (running == null) {
      throw new IllegalStateException("the observer does not run");
    }
    replies.clear();
    BufferedWriter in = running.outputWriter();
    in.write(command);
    in.newLine();
    in.flush();
    long end = System.nanoTime() + patience.toNanos();
    JsonNode reply = replies.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    while (reply != null && !reply.path("command").asText().equals(command)) {
      // of one that was not waited for any longer
      reply = replies.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
    return reply == null ? "no answer" : reply.path("reply").asText();
  }

  private void awaitDone(String command, Duration patience)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    String reply = tell(command, patience);
    while (!reply.equals("done")) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new IOException(command + ": " + reply);
      }
      reply = tell(command, Duration.ofNanos(left));
    }
  }

  /**
   * Runs the lab's script.
   *
   * @return its standard output
   * @throws IOException with its own words if it fails
   */
  String run(String... arguments) throws IOException, InterruptedException {
    Result result = attempt(arguments);
    if (result.status() != 0) {
      throw new IOException("lab " + String.join(" ", arguments) + ": " + result.output().strip());
    }
    return result.output();
  }

  record Result(int status, String output) {}

  /** Runs the lab's script, whatever comes of it. */
  Result attempt(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("lab").toString());
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("holdfast-lab", ".out");
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      Process process = builder.start();
      process.getOutputStream().close();
      Duration patience = command.contains("up") ? INSTALL_PATIENCE : SCRIPT_PATIENCE;
      if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
        end(process);
        throw new IOException("lab " + String.join(" ", arguments) + " does not end");
      }
      return new Result(process.exitValue(), Files.readString(output));
    } finally {
      Files.delete(output);
    }
  }

  /** What it has called as well: a shell that is told to end waits for that first. */
  private static void end(Process script) throws InterruptedException {
    List<ProcessHandle> called = script.descendants().toList();
    script.destroy();
    called.forEach(ProcessHandle::destroy);
    if (!script.waitFor(15, TimeUnit.SECONDS)) {
      called.forEach(ProcessHandle::destroyForcibly);
      script.destroyForcibly();
    }
  }

  /** What the daemons of a host wait for whose libvirt does not answer. */
  String evidence(HostId host) throws IOException, InterruptedException {
    return "--- %s: what its daemons wait for%n".formatted(host)
        + attempt("evidence", host.value()).output();
  }

  /**
   * The last lines that each host, BMC and guest and the observer said, for people who look for a
   * cause.
   */
  String lastWords() throws IOException {
    StringBuilder words = new StringBuilder();
    for (HostId host : LabNetwork.HOSTS) {
      Path logs = logs(host);
      for (String name : List.of("boot", "20-engine", "10-zookeeper", "libvirtd", "bmc")) {
        append(words, logs.resolve(name + ".log"), 15);
      }
      for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
        append(words, console(host, guest), 5);
      }
    }
    append(words, observerLog(), 15);
    append(words, state.resolve("events.log"), 20);
    return words.toString();
  }

  /** How often the kernel of a guest has broken down, by what its consoles say. */
  long kernelFaults(LabNetwork.Guest guest) throws IOException {
    long faults = 0;
    for (HostId host : LabNetwork.HOSTS) {
      faults +=
          linesOf(console(host, guest)).stream()
              .filter(line -> BREAKDOWNS.stream().anyMatch(line::contains))
              .count();
    }
    return faults;
  }

  /** Whether a guest has one emulator, and its processors run now. */
  boolean executes(LabNetwork.Guest guest) throws IOException, InterruptedException {
    List<Emulators.Emulator> before = emulatorsOf(guest);
    Thread.sleep(1000);
    List<Emulators.Emulator> after = emulatorsOf(guest);
    return before.size() == 1
        && after.size() == 1
        && before.get(0).pid() == after.get(0).pid()
        && before.get(0).executedNanos() < after.get(0).executedNanos();
  }

  private List<Emulators.Emulator> emulatorsOf(LabNetwork.Guest guest) throws IOException {
    return emulators.look().stream().filter(e -> e.guest().equals(guest.name())).toList();
  }

  private Path console(HostId host, LabNetwork.Guest guest) {
    return logs(host).resolve("libvirt").resolve("console-" + guest.name() + ".log");
  }

  private Path logs(HostId host) {
    return state.resolve("hosts").resolve(host.value()).resolve("log");
  }

  /** What the observer says on standard error. */
  private Path observerLog() {
    return state.resolve("observer.log");
  }

  private static void append(StringBuilder words, Path file, int count) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    List<String> lines = linesOf(file);
    words.append("--- ").append(file).append('\n');
    lines.stream()
        .skip(Math.max(0, lines.size() - count))
        .forEach(line -> words.append(line).append('\n'));
  }

  private static List<String> linesOf(Path file) throws IOException {
    return Files.exists(file)
        ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList()
        : List.of();
  }

  /** Ends the lab, if this one brought it up. Logs are kept if asked for. */
  void down(boolean keepLogs) throws IOException, InterruptedException {
    stopFollowing();
    if (!ours) {
      return;
    }
    ours = false;
    if (keepLogs) {
      run("down", "--keep-logs");
    } else {
      run("down");
    }
  }

  private void follow() {
    for (HostId host : LabNetwork.HOSTS) {
      tails.add(tail(host.value(), logs(host).resolve("20-engine.log")));
    }
    tails.add(tail("lab", state.resolve("events.log")));
    Thread thread = new Thread(this::lookAgainAndAgain, "lab-tail");
    thread.setDaemon(true);
    thread.start();
    following = thread;
  }

  private LogTail tail(String teller, Path log) {
    return new LogTail(log, line -> moments.read(teller, line).ifPresent(fresh::add));
  }

  private void lookAgainAndAgain() {
    try {
      while (!closing) {
        for (LogTail tail : tails) {
          tail.read();
        }
        fresh.sort(
            Comparator.comparingLong(Moment::atMillis)); // cause before effect, whoever tells
        fresh.forEach(moments::add);
        fresh.clear();
        noteTwins();
        Thread.sleep(LOOK_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void noteTwins() throws IOException {
    List<String> seen = twins.of(emulators.look());
    synchronized (twice) {
      twice.addAll(seen);
    }
  }

  private void startObserver() throws IOException {
    Process started =
        new ProcessBuilder(
                "nsenter",
                "--net=/run/netns/hf-net",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                home.resolve("target/lib") + "/*",
                LabObserver.class.getName(),
                state.toString(),
                silence.toString())
            .redirectError(ProcessBuilder.Redirect.appendTo(observerLog().toFile()))
            .start();
    observer = started;
    Thread thread = new Thread(() -> listen(started), "lab-observer");
    thread.setDaemon(true);
    thread.start();
  }

  private void listen(Process process) {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.contains("\"reply\"")) {
          replies.add(mapper.readTree(line));
        } else {
          moments.addLine("observer", line);
        }
      }
    } catch (IOException e) {
      if (!closing) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void stopFollowing() throws InterruptedException {
    closing = true;
    if (observer != null) {
      observer.destroy();
      observer.waitFor(5, TimeUnit.SECONDS);
    }
    if (following != null) {
      following.join(5000);
    }
  }

  private static String seconds(Duration silence) {
    return BigDecimal.valueOf(silence.toMillis(), 3).toPlainString();
  }
}
