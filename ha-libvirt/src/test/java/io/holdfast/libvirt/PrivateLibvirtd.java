package io.holdfast.libvirt;

import io.holdfast.api.HostId;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A libvirtd of its own, as root: in mount and network namespaces where it sees nothing of the
 * machine's libvirt and cannot disturb it. Its guests are ended with it.
 */
final class PrivateLibvirtd {
  private static final List<String> OVERLAID =
      List.of("/run", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt", "/etc/libvirt");
  private static final List<String> OVERLAID_FILES = List.of("/etc/passwd", "/etc/group");

  private final Path home;
  private Process daemon;

  PrivateLibvirtd() throws Exception {
    home = Files.createTempDirectory("hf-libvirtd");
    for (String dir : OVERLAID) {
      Files.createDirectories(inside(dir));
    }
    Files.createDirectories(home.resolve("sock"));
    writeAccounts();
    Files.writeString(
        inside("/etc/libvirt").resolve("libvirtd.conf"),
        """
        unix_sock_dir = "%s"
        unix_sock_group = "root"
        auth_unix_ro = "none"
        auth_unix_rw = "none"
        host_uuid = "%s"
        log_outputs = "3:file:%s"
        """
            .formatted(home.resolve("sock"), UUID.randomUUID(), home.resolve("libvirtd.log")));
    Files.writeString(
        inside("/etc/libvirt").resolve("qemu.conf"),
        """
        user = "root"
        group = "root"
        dynamic_ownership = 0
        remember_owner = 0
        security_driver = "none"
        cgroup_controllers = [ ]
        namespaces = [ ]
        stdio_handler = "file"
        """);
    writeHook();
    daemon = launch();
    try {
      awaitAnswer();
    } catch (Exception e) {
      end();
      throw e;
    }
  }

  String uri() {
    return "qemu+unix:///system?socket=" + home.resolve("sock/libvirt-sock");
  }

  /** The way between such daemons, which have no network in common: sockets in their homes. */
  static LiveMigration migration(Map<HostId, Path> homes) {
    return LiveMigration.over("qemu+unix:///system?socket=%s/sock/libvirt-sock")
        .dataOver("unix://%s/sock/migration")
        .addresses(host -> homes.getOrDefault(host, Path.of("/nonexistent")).toString())
        .evenIfUnsafe();
  }

  /** Has another process migrate a guest; the process ends with the migration. */
  Process beginMigration(String domain, PrivateLibvirtd target) throws IOException {
    return new ProcessBuilder(
            "virsh",
            "-q",
            "-c",
            uri(),
            "migrate",
            "--live",
            "--p2p",
            "--unsafe",
            "--migrateuri",
            "unix://" + target.home.resolve("sock/migration"),
            domain,
            target.uri())
        .redirectErrorStream(true)
        .redirectOutput(home.resolve("migrate.out").toFile())
        .start();
  }

  /** A place for disks and logs, the same inside and outside. */
  Path home() {
    return home;
  }

  /** What is said to a daemon that has stopped listening does not come back. */
  void freeze() throws Exception {
    run("kill", "-STOP", Long.toString(daemon.pid()));
  }

  void thaw() throws Exception {
    run("kill", "-CONT", Long.toString(daemon.pid()));
  }

  /** From now on, starts get as far as to the daemon's hook and no further. */
  void holdStarts() throws IOException {
    Files.createFile(home.resolve("hold"));
  }

  /** Waits until a start is held. */
  void awaitHeldStart() throws Exception {
    await("start that is held", () -> Files.exists(home.resolve("held")));
  }

  /** Ends {@link #holdStarts}: those that are held go on, if their daemon does. */
  void releaseStarts() throws IOException {
    Files.deleteIfExists(home.resolve("hold"));
    Files.deleteIfExists(home.resolve("held"));
  }

  /** Ends the daemon as by a crash. Guests live on. */
  void kill() throws Exception {
    daemon.destroyForcibly();
    if (!daemon.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("libvirtd does not die");
    }
  }

  /** Starts it after {@link #kill}. */
  void restart() throws Exception {
    daemon = launch();
    awaitAnswer();
  }

  long emulatorOf(String domain) throws IOException {
    return Long.parseLong(Files.readString(pidFile(domain)).strip());
  }

  String virsh(String... arguments) throws Exception {
    return runAll(Stream.concat(Stream.of("virsh", "-q", "-c", uri()), Stream.of(arguments)));
  }

  /** Waits for a condition, and not longer than a failing test may take. */
  void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.call()) {
      if (daemon.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("libvirtd ended while waiting for " + what + log());
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("no " + what + " in time" + log());
      }
    }
  }

  void end() throws Exception {
    kill();
    Path pidFiles = inside("/run/libvirt/qemu");
    if (Files.isDirectory(pidFiles)) {
      try (Stream<Path> files = Files.list(pidFiles)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".pid")).toList()) {
          long pid = Long.parseLong(Files.readString(file).strip());
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
      }
    }
    try (Stream<Path> files = Files.walk(home)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(PrivateLibvirtd::delete);
    }
  }

  /** libvirtd runs it before each start, and holds the domain meanwhile. */
  private void writeHook() throws IOException {
    Path hook = Files.createDirectories(inside("/etc/libvirt/hooks")).resolve("qemu");
    Files.writeString(
        hook,
        """
        #!/bin/sh
        [ "$2" = prepare ] || exit 0
        tries=0
        while [ -e '%1$s/hold' ] && [ $tries -lt 600 ]; do
          : > '%1$s/held'
          tries=$((tries + 1))
          sleep 0.1
        done
        """
            .formatted(home));
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * libvirtd insists on the account of its package, which not every package of it makes, even where
   * everything runs as root. It gets one that the machine never sees.
   */
  private void writeAccounts() throws IOException {
    String account = "libvirt-qemu:x:64055:";
    addMissing("/etc/passwd", account, "64055::/var/lib/libvirt:/usr/sbin/nologin");
    addMissing("/etc/group", account, "");
    addMissing("/etc/group", "kvm:x:64054:", "");
  }

  /** Adds a line to the daemon's own copy of a file, if it has none of that name. */
  private void addMissing(String file, String begin, String end) throws IOException {
    Path copy = inside(file);
    List<String> lines =
        new ArrayList<>(Files.readAllLines(Files.exists(copy) ? copy : Path.of(file)));
    String name = begin.substring(0, begin.indexOf(':') + 1);
    if (lines.stream().noneMatch(line -> line.startsWith(name))) {
      lines.add(begin + end);
    }
    Files.write(copy, lines);
  }

  private Process launch() throws IOException {
    Files.deleteIfExists(home.resolve("sock/libvirt-sock"));
    StringBuilder script = new StringBuilder("mount --make-rprivate /");
    for (String dir : OVERLAID) {
      script.append(" && mkdir -p ").append(dir);
      script.append(" && mount --bind ").append(inside(dir)).append(' ').append(dir);
    }
    for (String file : OVERLAID_FILES) {
      script.append(" && mount --bind ").append(inside(file)).append(' ').append(file);
    }
    script.append(" && exec libvirtd -f /etc/libvirt/libvirtd.conf");
    return new ProcessBuilder("unshare", "-m", "-n", "sh", "-c", script.toString())
        .redirectErrorStream(true)
        .redirectOutput(home.resolve("libvirtd.out").toFile())
        .start();
  }

  private void awaitAnswer() throws Exception {
    await("answer from libvirtd", this::answers);
  }

  private boolean answers() throws Exception {
    return Files.exists(home.resolve("sock/libvirt-sock"))
        && new ProcessBuilder("virsh", "-q", "-c", uri(), "uri")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor()
            == 0;
  }

  private Path inside(String dir) {
    return home.resolve("root" + dir);
  }

  private Path pidFile(String domain) {
    return inside("/run/libvirt/qemu").resolve(domain + ".pid");
  }

  private String log() throws IOException {
    Path log = home.resolve("libvirtd.log");
    return "\n"
        + Files.readString(home.resolve("libvirtd.out"))
        + (Files.exists(log) ? Files.readString(log) : "");
  }

  String run(String... command) throws Exception {
    return runAll(Stream.of(command));
  }

  private static String runAll(Stream<String> words) throws Exception {
    List<String> command = words.toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(command + ": " + output);
    }
    return output;
  }

  private static void delete(File file) {
    try {
      Files.deleteIfExists(file.toPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
