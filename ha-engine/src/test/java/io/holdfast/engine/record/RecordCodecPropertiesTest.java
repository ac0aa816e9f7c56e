package io.holdfast.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Definition;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.engine.property.SeedsOfThisBuild;
import io.holdfast.engine.record.StateRecord.Unreadable;
import io.holdfast.engine.record.StateRecord.WorkloadDefinition;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** What holds for every record, and for whatever becomes of its JSON. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class RecordCodecPropertiesTest {
  private final RecordCodec codec = new RecordCodec();

  @Provide
  Arbitrary<StateRecord> records() {
    return RecordArbitraries.any();
  }

  @Property(tries = 700, edgeCases = EdgeCasesMode.NONE)
  void aRecordReadsBackAsItWasWritten(@ForAll("records") StateRecord record) {
    assertThat(codec.decode(stored(record.key(), codec.encode(record)))).isEqualTo(record);
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void writingIsDeterministic(@ForAll("records") StateRecord record) {
    String json = codec.encode(record);
    StateRecord again = codec.decode(stored(record.key(), json));
    assertThat(new RecordCodec().encode(again)).isEqualTo(json);
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aRecordIsNeverReadFromUnderAnothersKey(
      @ForAll("records") StateRecord record, @ForAll("records") StateRecord other) {
    StateRecord read = codec.decode(stored(other.key(), codec.encode(record)));
    if (record.key().equals(other.key())) {
      assertThat(read).isEqualTo(record);
    } else {
      assertThat(read).isInstanceOf(Unreadable.class);
      assertThat(read.key()).isEqualTo(other.key());
    }
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void whateverBecomesOfTheJsonIsARecordOfItsKeyOrUnreadable(
      @ForAll("records") StateRecord record, @ForAll long seed) {
    StateRecord read = codec.decode(stored(record.key(), damaged(codec.encode(record), seed)));
    assertThat(read.key()).isEqualTo(record.key());
    if (read instanceof Unreadable unreadable) {
      assertThat(unreadable.reason()).isNotBlank().hasSizeLessThan(600).doesNotContain("\n");
    } else {
      assertThat(codec.decode(stored(read.key(), codec.encode(read)))).isEqualTo(read);
    }
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void noReasonShowsWhatADefinitionHolds(@ForAll("secrets") String secret, @ForAll long seed) {
    WorkloadDefinition record =
        new WorkloadDefinition(
            WorkloadId.parse("vm:1"), new Definition("<graphics passwd=\"" + secret + "\"/>"));
    StateRecord read = codec.decode(stored(record.key(), damaged(codec.encode(record), seed)));
    if (read instanceof Unreadable unreadable) {
      assertThat(unreadable.reason()).doesNotContain(secret);
    }
    assertThat(read.toString()).doesNotContain(secret);
  }

  @Provide
  Arbitrary<String> secrets() {
    return Arbitraries.strings().withChars("hunterXYZ").ofLength(12);
  }

  /** Bits flipped, pieces cut out, pieces repeated: a few of them, from the seed. */
  private static String damaged(String json, long seed) {
    Random random = new Random(seed);
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      int end = Math.min(bytes.length, at + 1 + random.nextInt(12));
      bytes =
          switch (random.nextInt(4)) {
            case 0 -> flipped(bytes, at, random.nextInt(8));
            case 1 -> joined(bytes, at, bytes, end);
            case 2 -> joined(bytes, end, bytes, at);
            default -> joined(bytes, at, bytes, bytes.length);
          };
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] flipped(byte[] bytes, int at, int bit) {
    byte[] next = bytes.clone();
    next[at] ^= (byte) (1 << bit);
    return next;
  }

  /** The beginning of one up to a position, then the other from a position on. */
  private static byte[] joined(byte[] one, int to, byte[] other, int from) {
    byte[] next = new byte[to + other.length - from];
    System.arraycopy(one, 0, next, 0, to);
    System.arraycopy(other, from, next, to, other.length - from);
    return next;
  }

  private static Stored stored(Key key, String value) {
    return new Stored(key, value, 1);
  }
}
