package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Whether an earlier agent has run since the host booted, from what that left on the disk. */
public final class BootMark {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private BootMark() {}

  /** What the present boot of this host is called; empty where that cannot be told. */
  public static Optional<String> ofThisBoot() throws IOException {
    return Files.isReadable(BOOT_ID)
        ? Optional.of(Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip())
        : Optional.empty();
  }

  /**
   * Leaves the mark of this boot. Only for who holds the directory's {@link EpochFile}.
   *
   * @param followed the highest epoch that an agent here has followed: without a mark it tells that
   *     there was one
   * @return whether an earlier agent has run since the host booted, or may have
   */
  public static boolean isAgain(Path directory, Optional<String> boot, Epoch followed)
      throws IOException {
    Path file = directory.resolve("boot");
    boolean hadAgent = !followed.equals(Epoch.NONE);
    if (boot.isEmpty()) {
      return hadAgent;
    }
    String before =
        Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1).strip() : "";
    if (boot.get().equals(before)) {
      return true;
    }
    Path next = file.resolveSibling("boot.next");
    Files.writeString(next, boot.get() + "\n", StandardCharsets.US_ASCII);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return before.isEmpty() && hadAgent;
  }
}
