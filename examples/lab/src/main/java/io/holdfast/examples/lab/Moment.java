package io.holdfast.examples.lab;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Something that happened, as told by a host's engine, the observer, or the lab itself.
 *
 * @param atMillis wall-clock time; all tellers share one machine's clock
 * @param by who tells it
 * @param event its name: that of an {@link io.holdfast.api.HaEvent}, of the observer's, or one of
 *     the lab's own, such as {@code power-cut}
 * @param fields the rest
 */
record Moment(long atMillis, String by, String event, JsonNode fields) {
  /** A field as text, empty if it is not there. */
  String text(String field) {
    return fields.path(field).asText("");
  }

  boolean is(String name) {
    return event.equals(name);
  }

  @Override
  public String toString() {
    return atMillis + " " + by + " " + fields;
  }
}
