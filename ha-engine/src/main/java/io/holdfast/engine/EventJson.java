package io.holdfast.engine;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.engine.record.JsonValues;
import java.time.Instant;

/**
 * Events as JSON, one line each, for structured logs: {@code {"atMillis": …, "by": "host1",
 * "event": "HostFenced", …}} with the event's own fields behind. Safe for use by several threads.
 */
public final class EventJson {
  private final JsonMapper mapper =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(JsonValues.module())
          .addMixIn(Evidence.class, JsonValues.EvidenceJson.class)
          .build();

  public EventJson() {}

  /**
   * The event as one line without a line break.
   *
   * @param by who tells it
   */
  public String line(Instant at, String by, HaEvent event) {
    ObjectNode line = mapper.createObjectNode();
    line.put("atMillis", at.toEpochMilli());
    line.put("by", by);
    line.put("event", event.getClass().getSimpleName());
    if (event instanceof HaEvent.FenceAnswered answered) {
      // An outcome's type is not in its fields.
      ObjectNode fields = mapper.valueToTree(answered);
      FenceOutcome outcome = answered.outcome();
      fields.put("outcome", outcome.getClass().getSimpleName());
      fields.put("detail", outcome.describe());
      line.setAll(fields);
    } else {
      line.setAll((ObjectNode) mapper.valueToTree(event));
    }
    return line.toString();
  }
}
