package io.holdfast.engine.planning;

import java.util.Arrays;

/** The numbers of names, found by their hash; built once. Equal input gives equal numbers. */
final class IdIndex {
  private final Object[] ids;
  private final int[] table;

  /**
   * @param ids different ones, with hash codes that follow from their values
   */
  IdIndex(Object[] ids) {
    this.ids = ids;
    table = new int[Integer.highestOneBit(Math.max(2, ids.length)) * 4];
    Arrays.fill(table, -1);
    for (int i = 0; i < ids.length; i++) {
      int slot = slot(ids[i]);
      while (table[slot] >= 0) {
        slot = slot + 1 & table.length - 1;
      }
      table[slot] = i;
    }
  }

  /** Its number, -1 if it is not there. */
  int of(Object id) {
    int slot = slot(id);
    while (table[slot] >= 0) {
      if (ids[table[slot]].equals(id)) {
        return table[slot];
      }
      slot = slot + 1 & table.length - 1;
    }
    return -1;
  }

  private int slot(Object id) {
    int hash = id.hashCode() * 0x9E3779B9;
    return (hash ^ hash >>> 16) & table.length - 1;
  }
}
