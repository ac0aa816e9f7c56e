package io.holdfast.engine.planning;

import java.util.Arrays;

/**
 * The numbers of names, found by their hash; built once. Asks the names' texts and not the records
 * that hold them: the first hash code of a record costs a cold JVM many times as much as a plan.
 */
final class IdIndex {
  private final String[] kinds;
  private final String[] names;
  private final int[] table;

  /**
   * @param kinds of each name
   * @param names different ones, or of different kinds
   */
  IdIndex(String[] kinds, String[] names) {
    this.kinds = kinds;
    this.names = names;
    table = new int[Integer.highestOneBit(Math.max(2, names.length)) * 4];
    Arrays.fill(table, -1);
    for (int i = 0; i < names.length; i++) {
      int slot = slot(kinds[i], names[i]);
      while (table[slot] >= 0) {
        slot = slot + 1 & table.length - 1;
      }
      table[slot] = i;
    }
  }

  /** Its number, -1 if it is not there. */
  int of(String kind, String name) {
    int slot = slot(kind, name);
    while (table[slot] >= 0) {
      int number = table[slot];
      if (names[number].equals(name) && kinds[number].equals(kind)) {
        return number;
      }
      slot = slot + 1 & table.length - 1;
    }
    return -1;
  }

  private int slot(String kind, String name) {
    int hash = (kind.hashCode() * 31 + name.hashCode()) * 0x9E3779B9;
    return (hash ^ hash >>> 16) & table.length - 1;
  }
}
