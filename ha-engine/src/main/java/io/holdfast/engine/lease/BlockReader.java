package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;

/** Reads what {@link BlockWriter} has written. A value that cannot be is refused. */
final class BlockReader {
  private final byte[] bytes;
  private int at;

  BlockReader(byte[] bytes, int from) {
    this.bytes = bytes;
    at = from;
  }

  int u8() {
    return bytes[at++] & 0xff;
  }

  int u32() {
    return (int) bits(Integer.BYTES);
  }

  long u64() {
    return bits(Long.BYTES);
  }

  Duration time() {
    return Duration.ofNanos(u64());
  }

  boolean flag() {
    int value = u8();
    if (value > 1) {
      throw new InvalidConfigException("flag", value, "0 or 1");
    }
    return value == 1;
  }

  /** Text of ASCII; names are checked by whoever makes one of it. */
  String text(int most) {
    int length = u8();
    if (length > most) {
      throw new InvalidConfigException("length", length, "at most " + most);
    }
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < most; i++) {
      int value = u8();
      if (i < length) {
        text.append((char) value);
      }
    }
    return text.toString();
  }

  private long bits(int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = (value << 8) | u8();
    }
    return value;
  }
}
