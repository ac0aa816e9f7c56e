package io.holdfast.engine.lease.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a {@link BlockDevice} reads and writes. Called by one thread, which nobody interrupts. */
interface Medium extends Closeable {
  /** Whether it goes past the caches of this host. */
  boolean isDirect();

  /** Offsets, lengths and addresses are multiples of this, in bytes. */
  int blockSize();

  /** In bytes. */
  long size() throws IOException;

  /** Reads at a place, as far as it goes; -1 at the end. */
  int read(ByteBuffer buffer, long offset) throws IOException;

  /** Writes at a place; what it has written is safe when it returns. */
  int write(ByteBuffer buffer, long offset) throws IOException;
}
