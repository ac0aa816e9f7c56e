package io.holdfast.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A range of numbers, written {@code 3..9}, or {@code 3} for one.
 *
 * @param from included
 * @param to included
 */
record Range(long from, long to) {
  long size() {
    return to - from + 1;
  }

  /** Whether all of them are within these bounds. */
  boolean isWithin(long least, long most) {
    return from >= least && to <= most;
  }

  /** One of them, the same for the same seed. */
  int choose(long seed) {
    return (int) (from + Math.floorMod(seed, size()));
  }

  @Override
  public String toString() {
    return from == to ? Long.toString(from) : from + ".." + to;
  }

  /** Reads it. */
  static final class Reader implements ITypeConverter<Range> {
    private static final long MOST = 1_000_000_000L;
    private static final String ALLOWED = "', allowed: a number, or two such as 1..1000";

    @Override
    public Range convert(String text) {
      String[] ends = text.split("\\.\\.", -1);
      if (ends.length > 2) {
        throw new TypeConversionException("found '" + text + ALLOWED);
      }
      try {
        long from = Long.parseLong(ends[0]);
        long to = Long.parseLong(ends[ends.length - 1]);
        if (to < from || to - from < 0 || to - from > MOST) { // less than 0: an overflow
          throw new TypeConversionException(
              "found '" + text + "', allowed: the smaller number first, a milliard apart at most");
        }
        return new Range(from, to);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("found '" + text + ALLOWED);
      }
    }
  }
}
