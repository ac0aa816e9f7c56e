package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.zip.CRC32C;

/** Writes one record into the first bytes of a block; the checksum comes last. Big-endian. */
final class BlockWriter {
  /** A record is no longer than a sector of any device, so that it is written whole or not. */
  static final int RECORD = 512;

  static final int CHECKSUM_AT = RECORD - Integer.BYTES;

  private final byte[] block;
  private int at;

  BlockWriter(int size) {
    block = new byte[size];
  }

  BlockWriter u8(int value) {
    block[room(1)] = (byte) value;
    return this;
  }

  BlockWriter u32(int value) {
    return bits(value, Integer.BYTES);
  }

  BlockWriter u64(long value) {
    return bits(value, Long.BYTES);
  }

  BlockWriter time(Duration value) {
    return u64(value.toNanos());
  }

  BlockWriter flag(boolean value) {
    return u8(value ? 1 : 0);
  }

  /** Text of ASCII, in {@code most} bytes and one for its length. */
  BlockWriter text(String value, int most) {
    if (value.length() > most) {
      throw new InvalidConfigException("text", value.length(), "at most " + most + " characters");
    }
    u8(value.length());
    int from = room(most);
    for (int i = 0; i < value.length(); i++) {
      block[from + i] = (byte) value.charAt(i);
    }
    return this;
  }

  /** The whole block, checksum and all. */
  byte[] sealed() {
    int sum = checksum(block, 0);
    for (int i = 0; i < Integer.BYTES; i++) {
      block[CHECKSUM_AT + i] = (byte) (sum >>> (24 - 8 * i));
    }
    return block;
  }

  /** CRC-32C of a record, its own field left out. */
  static int checksum(byte[] bytes, int from) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, from, CHECKSUM_AT);
    return (int) sum.getValue();
  }

  private BlockWriter bits(long value, int bytes) {
    int from = room(bytes);
    for (int i = 0; i < bytes; i++) {
      block[from + i] = (byte) (value >>> (8 * (bytes - 1 - i)));
    }
    return this;
  }

  private int room(int bytes) {
    int from = at;
    at += bytes;
    if (at > CHECKSUM_AT) {
      throw new IllegalStateException("a record of more than " + CHECKSUM_AT + " bytes");
    }
    return from;
  }
}
