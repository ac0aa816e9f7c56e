package io.holdfast.engine.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.StateRecord.Unreadable;
import io.holdfast.engine.record.StateRecord.WorkloadDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that are not as this version writes them, case by case. */
class RecordCodecTest {
  private static final Key FENCE = new Key(Table.FENCE, "host1");
  private static final Key DEFINITION = new Key(Table.DEFINITION, "vm:1");
  private static final String GOOD =
      """
      {"format":1,"host":"host1","incarnation":"7","epoch":"3",
       "switchOn":[],
       "evidence":{"type":"PoweredOff","device":"bmc"}}\
      """;

  private static final HostIntent WITH_AN_ORDER =
      new HostIntent(
          new HostId("host1"),
          new Incarnation(1),
          new Epoch(1),
          1,
          HostIntent.Guard.INITIAL,
          0,
          new TreeMap<>(
              Map.of(
                  WorkloadId.parse("vm:1"),
                  new HostIntent.Entry(
                      new OpId(1, 1),
                      Placement.Goal.RUN,
                      Priority.LOW,
                      RestartPolicy.DEFAULT,
                      Duration.ofSeconds(1),
                      Duration.ofSeconds(1),
                      Optional.empty()))));

  private final RecordCodec codec = new RecordCodec();

  @Test
  void theRecordThatTheOthersAreMadeFromIsGood() {
    assertThat(decode(FENCE, GOOD)).isInstanceOf(FenceRecord.class);
  }

  @Test
  void whatGoesWithoutSayingIsNotWrittenAndNotMissed() {
    HostReport report =
        new HostReport(
            new HostId("host1"),
            new Incarnation(1),
            1,
            Epoch.NONE,
            0,
            true,
            Optional.empty(),
            Optional.empty(),
            0,
            new TreeMap<>(),
            new TreeSet<>());
    String json = codec.encode(report);
    assertThat(json).doesNotContain("leaving", "facts", "paused");
    assertThat(decode(report.key(), json)).isEqualTo(report);
    String spelledOut = json.replace("\"host\":", "\"leaving\":null,\"facts\":{},\"host\":");
    assertThat(decode(report.key(), spelledOut)).isEqualTo(report);
  }

  @Test
  void recordsOfAnEarlierVersionSayNothingOfPausesFailedMovesAndLimitsPerHost() {
    WorkloadId vm = WorkloadId.parse("vm:1");
    Placement placement =
        Placement.none(vm)
            .moving(
                Optional.of(
                    new Placement.Move(
                        new OpId(1, 1),
                        new HostId("host1"),
                        new HostId("host2"),
                        Placement.Move.Phase.LIVE,
                        "why")));
    isTheSameWithout(placement, "evacuates", "movesFailed", "beneficiary");
    isTheSameWithout(new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT), "movesPerHost");
  }

  @Test
  void recordsOfAnEarlierVersionSayNothingOfThoseWhoAreStoppedForOthers() {
    isTheSameWithout(Placement.none(WorkloadId.parse("vm:1")), "evened", "eviction");
    isTheSameWithout(new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT), "makeRoom");
  }

  private void isTheSameWithout(StateRecord record, String... fields) {
    String json = codec.encode(record);
    assertThat(json).doesNotContain(fields);
    assertThat(decode(record.key(), json)).isEqualTo(record);
  }

  static Stream<Arguments> unreadable() {
    String key = "holds the record of FENCE/host2";
    return Stream.of(
        arguments("empty", "", "not a JSON object"),
        arguments("no object", "[1]", "not a JSON object"),
        arguments("null", "null", "not a JSON object"),
        arguments("cut", GOOD.substring(0, 50), "not JSON at line 1"),
        arguments("foreign", "host1 is down", "not JSON at line 1"),
        arguments("trailing", GOOD + " {}", "not one JSON object"),
        arguments("twice", GOOD.replace("{\"f", "{\"epoch\":\"3\",\"f"), "each once"),
        arguments("no format", GOOD.replace("\"format\":1,", ""), "without a format number"),
        arguments("newer", GOOD.replace("t\":1", "t\":2"), "format 2, this version reads format 1"),
        arguments("format text", GOOD.replace("t\":1", "t\":\"1\""), "without a format number"),
        arguments("unknown field", GOOD.replace("\"epoch\"", "\"x\":1,\"epoch\""), "unknown field"),
        arguments("missing", GOOD.replace("\"epoch\":\"3\",", ""), "epoch"),
        arguments("missing optional", GOOD.replaceAll("(?s),\\s*\"evidence.*}}", "}"), "evidence"),
        arguments("null field", GOOD.replace("\"3\"", "null"), "epoch"),
        arguments("number for text", GOOD.replace("\"3\"", "3"), "epoch"),
        arguments("truth for text", GOOD.replace("\"host1\"", "true"), "host"),
        arguments("object for text", GOOD.replace("\"3\"", "{}"), "epoch"),
        arguments("below its limit", GOOD.replace("\"7\"", "\"0\""), "allowed: greater than 0"),
        arguments("no number", GOOD.replace("\"7\"", "\"seven\""), "incarnation"),
        arguments("another host", GOOD.replace("host1", "host2"), key),
        arguments("unknown evidence", GOOD.replace("PoweredOff", "Hearsay"), "evidence"),
        arguments("evidence by class", GOOD.replace("PoweredOff", "java.lang.Runtime"), "evidence"),
        arguments("number in evidence", GOOD.replace("\"bmc\"", "7"), "evidence.device"));
  }

  @Test
  void aModeOfALaterVersionIsNotTakenForAnotherOne() {
    String json =
        codec
            .encode(new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT))
            .replace("\"BASIC\"", "\"SCATTERED\"");
    assertThat(decode(StateRecord.ClusterConfig.KEY, json))
        .isEqualTo(
            new Unreadable(
                StateRecord.ClusterConfig.KEY, "missing or of the wrong type: policy.placement"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unreadable")
  void isUnreadableWithItsReason(String what, String json, String reason) {
    StateRecord read = decode(FENCE, json);
    assertThat(read).as(what).isInstanceOf(Unreadable.class);
    assertThat(((Unreadable) read).reason()).contains(reason).doesNotContain("\n");
    assertThat(read.key()).isEqualTo(FENCE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"format\":1,\"host\":\"host1\",\"incarnation\":\"1\",\"epoch\":\"1\",\"generation\":1,"
            + "\"entries\":{\"vm:1\":null}}",
        "{\"format\":1,\"host\":\"host1\",\"incarnation\":\"1\",\"epoch\":\"1\",\"generation\":\"1\","
            + "\"entries\":{}}",
        "{\"format\":1,\"host\":\"host1\",\"incarnation\":\"1\",\"epoch\":\"1\",\"generation\":1.5,"
            + "\"entries\":{}}",
        "{\"format\":1,\"host\":\"host1\",\"incarnation\":\"1\",\"epoch\":\"1\",\"generation\":1,"
            + "\"entries\":{\"vm 1\":null}}",
        "{\"format\":1,\"host\":\"host1\",\"incarnation\":\"1\",\"epoch\":\"1\","
            + "\"generation\":99999999999999999999,\"entries\":{}}",
      })
  void anIntentIsNotGuessedAt(String json) {
    assertThat(decode(new Key(Table.INTENT, "host1"), json)).isInstanceOf(Unreadable.class);
  }

  @Test
  void whatAnEarlierVersionDidNotWriteMeansWhatItDidThen() {
    String order =
        codec
            .encode(WITH_AN_ORDER)
            .replace("\"conditions\":[],", "")
            .replace("\"probe\":null,", "");
    assertThat(order).doesNotContain("conditions").doesNotContain("probe");
    assertThat(decode(new Key(Table.INTENT, "host1"), order)).isEqualTo(WITH_AN_ORDER);
    StateRecord fence =
        new FenceRecord(
            new HostId("host1"), new Incarnation(1), new Epoch(1), Optional.empty(), List.of());
    String fenced = codec.encode(fence).replace(",\"cut\":[],\"aim\":null", "");
    assertThat(fenced).doesNotContain("cut").doesNotContain("aim");
    assertThat(decode(FENCE, fenced)).isEqualTo(fence);
    StateRecord policy = new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT);
    String cluster =
        codec
            .encode(policy)
            .replace("\"isolationLimit\":\"PT5M\",", "")
            .replace("\"quorum\":\"STORE\",", "");
    assertThat(cluster).doesNotContain("isolationLimit").doesNotContain("quorum");
    assertThat(decode(StateRecord.ClusterConfig.KEY, cluster)).isEqualTo(policy);
  }

  @ParameterizedTest
  @EnumSource(Table.class)
  void deepNestingIsRefusedAndNotFollowed(Table table) {
    for (String open : new String[] {"[", "{\"a\":"}) {
      String json = "{\"format\":1,\"host\":" + open.repeat(100_000);
      assertThat(decode(new Key(table, "vm:1"), json)).isInstanceOf(Unreadable.class);
    }
  }

  static Stream<String> brokenDefinitions() {
    String good = "{\"format\":1,\"workload\":\"vm:1\",\"definition\":{\"text\":\"hunter2\"}}";
    return Stream.of(
        good.replace("\"hunter2\"", "hunter2"),
        good.replace("\"hunter2\"", "\"a\" hunter2"),
        good.replace("\"text\":\"hunter2\"", "\"hunter2\":1"),
        good.replace("\"text\":\"hunter2\"", "\"text\":{\"hunter2\":\"hunter2\"}"),
        good.replace("{\"text\":\"hunter2\"}", "\"hunter2\""),
        good.replace("vm:1", "hunter2"),
        good.replace("\"vm:1\"", "[\"hunter2\"]"),
        good.replace("\"format\":1", "\"format\":\"hunter2\""),
        good.substring(0, good.length() - 3),
        good.replace("}}", "}} hunter2"),
        "hunter2");
  }

  @ParameterizedTest
  @MethodSource("brokenDefinitions")
  void theReasonNeverQuotesADefinition(String json) {
    StateRecord read = decode(DEFINITION, json);
    assertThat(read).isInstanceOf(Unreadable.class);
    assertThat(read.toString()).doesNotContain("hunter2");
  }

  @Test
  void aDefinitionIsNotShownByItsRecord() {
    StateRecord record =
        new WorkloadDefinition(WorkloadId.parse("vm:1"), new Definition("hunter2"));
    assertThat(decode(DEFINITION, codec.encode(record))).isEqualTo(record);
    assertThat(record.toString()).doesNotContain("hunter2");
  }

  @Test
  void whatCannotBeReadIsNeverWritten() {
    assertThatThrownBy(() -> codec.encode(new Unreadable(FENCE, "foreign")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("FENCE/host1");
  }

  private StateRecord decode(Key key, String json) {
    return codec.decode(new Stored(key, json, 1));
  }
}
