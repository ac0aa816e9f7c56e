package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Deadlines come out in order, once, and not before they are due. */
class TimersTest {
  private final Timers<String> timers = new Timers<>();

  @Test
  void withoutADeadlineThereIsNone() {
    assertThat(timers.next()).isEqualTo(Long.MAX_VALUE);
    assertThat(timers.pollDue(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void theyComeOutByTimeThenByName() {
    timers.set("c", 10);
    timers.set("b", 20);
    timers.set("a", 20);
    timers.set("z", -5);
    assertThat(timers.next()).isEqualTo(-5);
    assertThat(allDue(20)).containsExactly("z", "c", "a", "b");
    assertThat(timers.next()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nothingComesOutBeforeItIsDue() {
    timers.set("a", 10);
    assertThat(timers.pollDue(9)).isEmpty();
    assertThat(timers.pollDue(10)).contains("a");
    assertThat(timers.pollDue(10)).isEmpty();
  }

  @Test
  void settingOneAgainMovesIt() {
    timers.set("a", 10);
    timers.set("a", 30);
    assertThat(timers.next()).isEqualTo(30);
    assertThat(allDue(29)).isEmpty();
    timers.set("a", 5);
    assertThat(allDue(30)).containsExactly("a");
  }

  @Test
  void whatIsCancelledDoesNotComeOut() {
    timers.set("a", 10);
    timers.set("b", 10);
    timers.cancel("a");
    timers.cancel("never set");
    assertThat(allDue(10)).containsExactly("b");
  }

  @Test
  void anEarlierDeadlineStaysWhereOneAtTheLatestIsWanted() {
    timers.setAtLatest("a", 20);
    timers.setAtLatest("a", 30);
    assertThat(timers.at("a")).contains(20L);
    timers.setAtLatest("a", 10);
    assertThat(timers.at("a")).contains(10L);
    assertThat(timers.next()).isEqualTo(10);
  }

  @Test
  void aDeadlineStaysBetweenTheTwoThatItIsWantedBetween() {
    timers.setBetween("a", 10, 30);
    assertThat(timers.at("a")).contains(30L);
    timers.setBetween("a", 30, 50);
    assertThat(timers.at("a")).contains(30L);
    timers.setBetween("a", 31, 51);
    assertThat(timers.at("a")).contains(51L);
    timers.setBetween("a", 20, 50);
    assertThat(timers.at("a")).contains(50L);
  }

  private List<String> allDue(long now) {
    List<String> due = new ArrayList<>();
    for (Optional<String> next = timers.pollDue(now);
        next.isPresent();
        next = timers.pollDue(now)) {
      due.add(next.get());
    }
    return due;
  }
}
