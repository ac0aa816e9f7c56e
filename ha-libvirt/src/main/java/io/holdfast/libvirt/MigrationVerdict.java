package io.holdfast.libvirt;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.util.Optional;

/**
 * What has become of a migration, from how the call ended and from where the workload is then.
 *
 * <p>Why a look at the target proves anything: the source's daemon has the target's begin, sends
 * the memory, and then has it finish; only that lets the workload run there, and it works only on
 * what was begun before. When the call has ended, the source sends nothing more; a target that
 * lists nothing then has nothing that could be finished, whatever else may still be on its way to
 * it.
 */
final class MigrationVerdict {

  /** How the call ended, as the source's daemon told it. */
  enum Ended {
    /** The workload runs at the target. */
    DONE,
    /** It was refused, failed or was aborted; or none was begun by us. */
    FAILED,
    /** The daemon did not answer: it may go on. */
    UNANSWERED
  }

  private MigrationVerdict() {}

  /**
   * @param here how it stands on this host, empty if it does not run
   * @param there the same for the target
   * @param cause of a failure
   * @param detail what the daemon said
   */
  static Outcome<Ack> of(
      Ended ended, Optional<RunState> here, Optional<RunState> there, Cause cause, String detail) {
    boolean onlyHere = here.equals(Optional.of(RunState.RUNNING)) && there.isEmpty();
    boolean onlyThere = here.isEmpty() && there.equals(Optional.of(RunState.RUNNING));
    if (onlyThere) {
      return Outcome.ok();
    }
    if (ended == Ended.FAILED && onlyHere) {
      return Outcome.failed(cause, detail);
    }
    if (ended == Ended.FAILED && here.isEmpty() && there.isEmpty()) {
      return Outcome.failed(Cause.NOT_FOUND, "it has ended meanwhile: " + detail);
    }
    return Outcome.unknown(
        "%s; it is %s here and %s there".formatted(detail, word(here), word(there)));
  }

  private static String word(Optional<RunState> state) {
    return state.map(RunState::name).orElse("not");
  }
}
