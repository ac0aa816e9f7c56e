package io.holdfast.zookeeper;

import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;

/** A transaction was refused as a whole because of one of its operations. Nothing was written. */
final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final Code code;

  RejectedException(int index, Code code, KeeperException cause) {
    super("operation " + index + ": " + code, cause);
    this.index = index;
    this.code = code;
  }

  /** Which operation it was. */
  int index() {
    return index;
  }

  Code code() {
    return code;
  }

  /** Whether something had been written, made or deleted since it was looked at. */
  boolean isRace() {
    return code == Code.NONODE || code == Code.NODEEXISTS || code == Code.BADVERSION;
  }
}
