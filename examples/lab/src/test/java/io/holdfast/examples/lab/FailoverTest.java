package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is said of the guests in the end, from moments made by hand: host1 with web is cut. */
class FailoverTest {
  private static final HostId CUT = new HostId("host1");
  private static final long CUT_AT = 10_000;

  private final Moments moments = new Moments();
  private final Map<String, String> before = new TreeMap<>();

  FailoverTest() {
    for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
      before.put("vm:" + guest.name(), "host2");
      told(1_000, "GuestAnswers", guest.name());
    }
    before.put("vm:web", "host1");
    moments.addLine("lab", "{\"atMillis\":10000,\"what\":\"power-cut\",\"host\":\"host1\"}");
    moments.addLine(
        "lab", "{\"atMillis\":14000,\"what\":\"bmc-off-confirmed\",\"host\":\"host1\"}");
  }

  @Test
  void aGuestThatWasNeverSilentHasNoOutage() {
    webComesBack();
    assertThat(failover().isOver()).isTrue();
    assertThat(guest("db")).isEqualTo(new Summary.Guest("vm:db", "Critical", "host2", "host2", 0));
    assertThat(guest("web")).isEqualTo(new Summary.Guest("vm:web", "High", "host1", "host3", 6));
    assertThat(summary().kept()).isTrue();
  }

  @Test
  void anUntouchedGuestThatFallsSilentIsMissed() {
    webComesBack();
    told(12_000, "GuestSilent", "db");
    assertThat(failover().isOver()).isFalse();
    assertThat(guest("db")).isEqualTo(new Summary.Guest("vm:db", "Critical", "host2", "", -1));
    assertThat(summary().kept()).isFalse();

    told(15_500, "GuestAnswers", "db");
    assertThat(failover().isOver()).isTrue();
    assertThat(guest("db"))
        .isEqualTo(new Summary.Guest("vm:db", "Critical", "host2", "host2", 3.5));
    assertThat(summary().kept()).isTrue();
  }

  @Test
  void aLostGuestThatFallsSilentAgainIsNotBack() {
    webComesBack();
    told(17_000, "GuestSilent", "web");
    assertThat(failover().isOver()).isFalse();
    assertThat(guest("web")).isEqualTo(new Summary.Guest("vm:web", "High", "host1", "", -1));
    assertThat(summary().kept()).isFalse();
  }

  private void webComesBack() {
    told(10_100, "GuestSilent", "web");
    told(14_100, "StartIssued", "web");
    told(14_300, "WorkloadRunning", "web");
    told(16_000, "GuestAnswers", "web");
  }

  private void told(long atMillis, String event, String guest) {
    moments.addLine(
        "test",
        "{\"atMillis\":%d,\"event\":\"%s\",\"workload\":\"vm:%s\",\"host\":\"host3\"}"
            .formatted(atMillis, event, guest));
  }

  private Failover failover() {
    Moment cut = moments.last(m -> m.is("power-cut")).orElseThrow();
    assertThat(cut.atMillis()).isEqualTo(CUT_AT);
    return new Failover(moments.all(), cut, CUT, before);
  }

  private Summary summary() {
    return failover().summarise(true, false, Duration.ofSeconds(3), false, "lab", "tcg");
  }

  private Summary.Guest guest(String name) {
    return summary().guests().stream()
        .filter(guest -> guest.id().equals("vm:" + name))
        .findFirst()
        .orElseThrow();
  }
}
