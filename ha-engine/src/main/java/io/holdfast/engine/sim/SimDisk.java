package io.holdfast.engine.sim;

import io.holdfast.api.Epoch;
import io.holdfast.engine.effect.EpochJournal;
import java.io.IOException;

/**
 * Where one host keeps the highest epoch that it has followed. As a file is replaced by another
 * one: what is written can be read at once, and survives the host's end only once it is flushed.
 */
final class SimDisk implements EpochJournal {

  /** What is wrong with it. */
  enum Fault {
    NONE,
    /** Nothing is written, as when it is full: what stood there stands there. */
    REFUSES,
    /** It is written, and whether it is on the disk cannot be said: it is gone with the host. */
    TORN
  }

  private Fault fault = Fault.NONE;
  private Epoch readable = Epoch.NONE;
  private Epoch durable = Epoch.NONE;

  void setFault(Fault fault) {
    this.fault = fault;
  }

  @Override
  public void persist(Epoch epoch) throws IOException {
    if (fault == Fault.REFUSES) {
      throw new IOException("no space left");
    }
    if (epoch.compareTo(readable) > 0) {
      readable = epoch;
    }
    if (fault == Fault.TORN) {
      throw new IOException("not flushed");
    }
    durable = readable;
  }

  /** An agent starts, reads it, and has it flushed: it relies on that. */
  Epoch opened() {
    durable = readable;
    return readable;
  }

  /** What will be read there whatever happens. */
  Epoch durable() {
    return durable;
  }

  void hostIsDown() {
    readable = durable;
  }
}
