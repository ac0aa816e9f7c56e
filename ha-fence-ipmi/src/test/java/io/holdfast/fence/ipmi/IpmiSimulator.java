package io.holdfast.fence.ipmi;

import io.holdfast.api.PowerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * OpenIPMI's {@code ipmi_sim}: a real BMC in software, whose chassis is two files. {@code power}
 * holds 0 or 1, {@code mode} says how the next commands go.
 */
final class IpmiSimulator {
  static final String USER = "admin";
  static final String PASSWORD = "Kp7-secret-w";
  static final String WRONG_PASSWORD = "Xq3-wrong-z";
  private static final Path PROGRAM = Path.of("/usr/bin/ipmi_sim");

  private final ScriptFiles files;
  private final int port;
  private final Process process;

  private IpmiSimulator(ScriptFiles files, int port, Process process) {
    this.files = files;
    this.port = port;
    this.process = process;
  }

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  /** Starts one and waits until it answers. */
  static IpmiSimulator start(Path directory) throws IOException, InterruptedException {
    IpmiSimulator simulator = begin(directory);
    // Somebody else may have taken the port since it was found to be free.
    for (int attempt = 1; attempt < 3 && !simulator.becomesReady(); attempt++) {
      simulator.stop();
      simulator = begin(directory);
    }
    if (!simulator.becomesReady()) {
      simulator.stop();
      throw new IllegalStateException("ipmi_sim did not start: " + simulator.files.read("log"));
    }
    return simulator;
  }

  private static IpmiSimulator begin(Path directory) throws IOException {
    int port = freePort();
    Files.createDirectories(directory.resolve("state"));
    ScriptFiles files = new ScriptFiles(directory);
    Path script = files.script("chassis", CHASSIS);
    Path lan =
        Files.writeString(
            directory.resolve("lan.conf"), LAN.formatted(port, script, USER, PASSWORD));
    Path commands = Files.writeString(directory.resolve("sim.emu"), COMMANDS);
    files.write("power", "1");
    files.write("mode", "ok");
    Process process =
        new ProcessBuilder(
                PROGRAM.toString(),
                "-n",
                "-c",
                lan.toString(),
                "-f",
                commands.toString(),
                "-s",
                directory.resolve("state").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    files.write("pid", Long.toString(process.pid()));
    return new IpmiSimulator(files, port, process);
  }

  private boolean becomesReady() throws InterruptedException {
    Deadline deadline = Deadline.in(Duration.ofSeconds(60));
    while (!isListening()) {
      if (!process.isAlive() || deadline.passed()) {
        return false;
      }
      deadline.pause(Duration.ofMillis(10));
    }
    return true;
  }

  private boolean isListening() {
    try (Stream<String> sockets = Files.lines(Path.of("/proc/net/udp"))) {
      String local = String.format("0100007F:%04X", port);
      return sockets.anyMatch(line -> line.contains(local));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A port of 127.0.0.1 on which nobody answers, and which nobody else gets until it is closed: its
   * socket hears only its own self, and to all others the port is closed.
   */
  static DatagramSocket deadPort() throws IOException {
    DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    socket.connect(socket.getLocalSocketAddress());
    return socket;
  }

  /** A UDP port of 127.0.0.1 that nobody uses at the moment. */
  private static int freePort() throws IOException {
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  int port() {
    return port;
  }

  PowerState power() {
    return files.read("power").strip().equals("1") ? PowerState.ON : PowerState.OFF;
  }

  void setPower(PowerState state) {
    files.write("power", state == PowerState.ON ? "1" : "0");
  }

  /**
   * {@code ok}, {@code refuse}, {@code offThenRefuse}, {@code slow SECONDS}, {@code ignore} or
   * {@code die}.
   */
  void setMode(String mode) {
    files.write("mode", mode);
  }

  long commandsSent() {
    return files.lines("commands");
  }

  /** Stops it without ending it: its port is open and nobody answers. */
  void stopAnswering() {
    try {
      Process kill = new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("kill -STOP failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void stop() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("ipmi_sim does not end");
    }
  }

  private static final String COMMANDS =
      """
      mc_setbmc 0x20
      mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
      mc_enable 0x20
      """;

  private static final String LAN =
      """
      name "holdfast"
      set_working_mc 0x20
      startlan 1
        addr 127.0.0.1 %d
        priv_limit admin
        allowed_auths_admin none md2 md5 straight
        guid a123456789abcdefa123456789abcdef
      endlan
      chassis_control "%s"
      user 2 true "%s" "%s" admin 10 none md2 md5 straight
      """;

  private static final String CHASSIS =
      """
      #!/bin/sh
      cd '@DIR@' || exit 1
      if [ "$1" = get ]; then
        read -r power < power
        echo "power:$power"
        exit 0
      fi
      echo "$*" >> commands
      flip() {
        echo "$1" > power.script && mv power.script power
      }
      read -r mode seconds < mode
      case "$mode" in
        ok) flip "$3" ;;
        refuse) exit 1 ;;
        offThenRefuse) flip 0; exit 1 ;;
        ignore) ;;
        slow) ( sleep "$seconds"; flip "$3" ) > /dev/null 2>&1 < /dev/null & ;;
        die) kill -9 "$(cat pid)" ;;
      esac
      """;
}
