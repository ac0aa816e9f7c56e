package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The embedded demo's story, without its program around it. */
class EmbeddedDemoTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Longer than a slow machine stands still, so that only the host that is cut is silent. */
  private static final Duration SILENCE = Duration.ofSeconds(5);

  private final Stage stage = new EmbeddedStage(SILENCE);

  @AfterEach
  void end() throws Exception {
    stage.end();
  }

  @Test
  void theGuestsOfTheControllersHostComeBackOnOthers() throws Exception {
    stage.prepare();
    assertThat(stage.awaitAnswers(PATIENCE, LabNetwork.GUESTS)).as(this::lastWords).isTrue();
    var host = stage.controller();
    Map<String, String> before = Failover.placesOf(stage.moments().all());
    int from = stage.moments().size();

    stage.cut(host);

    Moment cut = stage.moments().awaitMoment(from, PATIENCE, m -> m.is("power-cut")).orElseThrow();
    boolean over =
        stage.moments().await(PATIENCE, seen -> new Failover(seen, cut, host, before).isOver());
    assertThat(over).as(this::lastWords).isTrue();
    Failover failover = new Failover(stage.moments().all(), cut, host, before);
    Summary summary =
        failover.summarise(true, false, SILENCE, stage.ranTwice(), "embedded", "none");
    assertThat(summary.kept()).as(summary.toString()).isTrue();
    assertThat(summary.evidence().type()).isEqualTo("PoweredOff");
    assertThat(summary.evidence().device()).isEqualTo("bmc-" + host);
    List<String> lost =
        summary.guests().stream()
            .filter(guest -> guest.from().equals(host.value()))
            .map(Summary.Guest::id)
            .toList();
    assertThat(lost).hasSize(2);
    assertThat(summary.guests())
        .allSatisfy(guest -> assertThat(guest.outage() > 0).isEqualTo(lost.contains(guest.id())));
    assertThat(stage.moments().all().stream().filter(m -> m.is("GuestSilent")))
        .extracting(m -> m.text("workload"))
        .containsExactlyInAnyOrderElementsOf(lost);
  }

  private String lastWords() {
    try {
      return stage.lastWords();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
