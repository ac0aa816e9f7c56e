package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Notice;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes a report when it says something new; one at a time, and after a failure not at once. */
final class Reports {
  private final AgentState state;
  private @Nullable OpId writing;
  private @Nullable HostReport written;
  private long sequence;
  private long due = Long.MAX_VALUE;

  /** Whether there was an earlier incarnation since the host booted. */
  private boolean again;

  private boolean joinedOnce;

  Reports(AgentState state) {
    this.state = state;
    again = state.config.again();
  }

  void incarnationBegins() {
    again |= joinedOnce;
    joinedOnce = true;
    sequence = 0;
    written = null;
  }

  /** Whoever waits for the answer has gone. */
  void incarnationEnds() {
    if (writing != null) {
      written = null; // the store may never have got it
    }
    writing = null;
  }

  boolean isAgain() {
    return again;
  }

  /** Whether nothing was said in this incarnation, as far as is known; asked only in one. */
  boolean isFirst() {
    return written == null;
  }

  /** Whether the store holds this word. */
  boolean hold(Optional<Notice> leaving) {
    return written != null && writing == null && written.leaving().equals(leaving);
  }

  long nextSequence() {
    return sequence + 1;
  }

  /** Whether one may be written now. */
  boolean mayBeWritten() {
    if (state.now >= due) {
      due = Long.MAX_VALUE; // not pausing any more; whatever else it waits for is an event
    }
    return writing == null && due == Long.MAX_VALUE;
  }

  /** Writes it unless it says the same as the one before. */
  void write(HostReport next) {
    if (written != null && next.equals(written.withSequence(next.sequence()))) {
      return;
    }
    sequence = next.sequence();
    written = next;
    OpId op = state.nextOp();
    writing = op;
    state.emit(new AgentEffect.WriteReport(op, next));
  }

  void writeEnded(AgentEvent.ReportWritten event) {
    if (!event.op().equals(writing)) {
      return;
    }
    writing = null;
    if (!(event.outcome() instanceof Outcome.Done<Ack>)) {
      written = null; // unknown is not failure, but saying it again does no harm
      due = state.now + state.config.timings().renewInterval().toNanos();
    }
  }

  long nextWakeup() {
    return due;
  }
}
