package io.holdfast.examples.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the file system says of a path that is to be a lease device.
 *
 * @param there whether there is something
 * @param grows whether it is a file, or is to be made one
 * @param real what it is behind all links
 */
record LeaseFile(Path path, boolean there, boolean grows, Path real) {

  /**
   * Looks, and changes nothing.
   *
   * @throws BadInputException if it is not there and cannot be made
   */
  static LeaseFile of(Path path, Duration timeout) {
    return LeaseTarget.asked(
        path,
        timeout,
        () ->
            Files.exists(path)
                ? new LeaseFile(path, true, Files.isRegularFile(path), path.toRealPath())
                : new LeaseFile(path, false, true, whereItWouldBe(path)));
  }

  private static Path whereItWouldBe(Path path) throws IOException {
    Path whole = path.toAbsolutePath();
    Path folder = whole.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new BadInputException(
          path + ": found no such folder, allowed: a file in a folder that is there");
    }
    Path real = folder.toRealPath().resolve(whole.getFileName());
    if (real.startsWith("/dev") || whole.normalize().startsWith("/dev")) {
      // a file there is in this host's memory, and no other sees it
      throw new BadInputException(
          path + ": found no such device, allowed: one that is there, or a file elsewhere");
    }
    return real;
  }

  /**
   * Looks at all of them.
   *
   * @throws BadInputException also if two are the same
   */
  static List<LeaseFile> all(List<Path> paths, Duration timeout) {
    List<LeaseFile> all = paths.stream().map(path -> of(path, timeout)).toList();
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (all.get(i).isSameAs(all.get(j), timeout)) {
          throw new BadInputException(
              "%s and %s: found one device twice, allowed: different ones"
                  .formatted(all.get(j).path, all.get(i).path));
        }
      }
    }
    return all;
  }

  private boolean isSameAs(LeaseFile other, Duration timeout) {
    return real.equals(other.real)
        || (there
            && other.there
            && LeaseTarget.asked(path, timeout, () -> Files.isSameFile(path, other.path)));
  }

  /** Makes the file; false if somebody else has meanwhile: then it is looked at as any other. */
  boolean make(Duration timeout) {
    return LeaseTarget.asked(
        path,
        timeout,
        () -> {
          try {
            Files.createFile(path);
            return true;
          } catch (FileAlreadyExistsException e) {
            return false;
          }
        });
  }

  /** Removes the file again, if nothing was written to it. */
  void unmake(Duration timeout) {
    LeaseTarget.asked(
        path,
        timeout,
        () -> Files.exists(path) && Files.size(path) == 0 && Files.deleteIfExists(path));
  }
}
