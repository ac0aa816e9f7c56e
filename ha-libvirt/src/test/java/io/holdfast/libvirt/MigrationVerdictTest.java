package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.libvirt.MigrationVerdict.Ended;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every end of the call with every place of the workload: what may be said then. */
class MigrationVerdictTest {

  @Test
  void itIsDoneOnlyWhereItRunsThereAndNoMoreHere() {
    for (Ended ended : Ended.values()) {
      for (Optional<RunState> here : places()) {
        for (Optional<RunState> there : places()) {
          boolean moved = here.isEmpty() && there.equals(Optional.of(RunState.RUNNING));
          assertThat(verdict(ended, here, there).isDone())
              .as("%s, here %s, there %s", ended, here, there)
              .isEqualTo(moved);
        }
      }
    }
  }

  @Test
  void itHasFailedOnlyWhereNothingOfItIsThereAndNothingCanCome() {
    for (Ended ended : Ended.values()) {
      for (Optional<RunState> here : places()) {
        for (Optional<RunState> there : places()) {
          if (verdict(ended, here, there) instanceof Outcome.Failed) {
            assertThat(ended).isEqualTo(Ended.FAILED);
            assertThat(there).isEmpty();
            assertThat(here).isIn(Optional.empty(), Optional.of(RunState.RUNNING));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FAILED, RUNNING, , ERROR",
    "FAILED, , , NOT_FOUND",
    "FAILED, PAUSED, , ",
    "FAILED, RUNNING, RUNNING, ",
    "FAILED, RUNNING, PAUSED, ",
    "FAILED, PAUSED, RUNNING, ",
    "FAILED, MIGRATING, , ",
    "UNANSWERED, RUNNING, , ",
    "UNANSWERED, , , ",
    "DONE, RUNNING, , ",
  })
  void whatIsNotProvenIsUnknown(Ended ended, RunState here, RunState there, Cause cause) {
    Outcome<Ack> verdict = verdict(ended, Optional.ofNullable(here), Optional.ofNullable(there));
    if (cause == null) {
      assertThat(verdict).isInstanceOf(Outcome.Unknown.class);
    } else {
      assertThat(verdict)
          .isInstanceOfSatisfying(
              Outcome.Failed.class, failed -> assertThat(failed.cause()).isEqualTo(cause));
    }
  }

  private static List<Optional<RunState>> places() {
    List<Optional<RunState>> places = new ArrayList<>();
    places.add(Optional.empty());
    for (RunState state : RunState.values()) {
      places.add(Optional.of(state));
    }
    return places;
  }

  private static Outcome<Ack> verdict(
      Ended ended, Optional<RunState> here, Optional<RunState> there) {
    return MigrationVerdict.of(ended, here, there, Cause.ERROR, "it was tried");
  }
}
