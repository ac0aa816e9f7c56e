package io.holdfast.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a host says of itself. */
class HostReportTest {

  @Test
  void whatPeopleReadIsOneLine() {
    HostReport.Entry entry =
        new HostReport.Entry(new OpId(1, 1), HostReport.Condition.UNKNOWN, 0, "a\nb");
    HostReport report =
        new HostReport(
            new HostId("h1"),
            new Incarnation(1),
            1,
            Epoch.NONE,
            0,
            true,
            Optional.of("no disk:\r\n\u2028/dev/sda  is gone\n"),
            Optional.empty(),
            0,
            new TreeMap<>(Map.of(WorkloadId.parse("vm:1"), entry)),
            new TreeSet<>());
    assertThat(report.trouble()).contains("no disk: /dev/sda  is gone ");
    assertThat(entry.detail()).isEqualTo("a b");
  }
}
