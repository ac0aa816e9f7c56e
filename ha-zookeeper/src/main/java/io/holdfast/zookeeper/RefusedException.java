package io.holdfast.zookeeper;

/** What was found in the ensemble is not what this version of Holdfast may write to. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  RefusedException(String path, String found, String allowed) {
    super(path + ": found " + found + ", allowed: " + allowed);
  }
}
