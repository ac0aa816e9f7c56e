package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostReport.Condition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is kept for others is looked at when something may be another for it, and only then. */
class RoomReviewsTest {
  private final Known known = new Known();
  private final RoomReviews reviews = new RoomReviews(known.state);

  @BeforeEach
  void allWasLookedAt() {
    known.on("vm:1", "host1", Condition.RUNNING);
    assertThat(reviews.areDue(false)).as("never before").isTrue();
    reviews.areDone();
  }

  @Test
  void timeAloneIsNoReason() {
    known.state.now += 1_000_000_000L;
    known.host("host1").lastHeard = known.state.now;
    assertThat(reviews.areDue(false)).isFalse();
    assertThat(reviews.areDue(true)).isTrue();
  }

  @Test
  void whatIsAnotherInTheBooksIs() {
    known.state.room.changed(known.host("host1"));
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    known.state.room.changed(known.workload("vm:2"));
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    known.state.room.ruleChanged("together");
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    assertThat(reviews.areDue(false)).isFalse();
  }

  @Test
  void soIsWhatThePolicyAsksForAndWhetherItIsKnown() {
    known.state.policy = ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.MOVE).build();
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    known.state.policyOutdated = true;
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    known.state.policyUnread = true;
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    known.state.connection = Connection.SUSPENDED;
    assertThat(reviews.areDue(false)).isTrue();
    reviews.areDone();
    reviews.reset();
    assertThat(reviews.areDue(false)).isTrue();
  }
}
