package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockBlock.Ownership;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Records as they may stand on a device. */
final class LeaseArbitraries {
  static final int HOSTS = 5;
  static final int LOCKS = 3;

  private LeaseArbitraries() {}

  private static Arbitrary<String> names(int longest) {
    return Combinators.combine(
            Arbitraries.strings().withCharRange('a', 'z').ofLength(1),
            Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('0', '9')
                .withChars("._-")
                .ofMaxLength(longest - 1))
        .as((first, rest) -> first + rest);
  }

  static Arbitrary<Superblock> superblocks() {
    return Combinators.combine(
            names(64),
            Arbitraries.longs().greaterOrEqual(1),
            Arbitraries.longs(),
            Arbitraries.of(4096, 8192, 65536),
            Arbitraries.integers().between(1, DeviceSet.MOST),
            Arbitraries.of(true, false))
        .as(
            (cluster, high, low, slotSize, count, ready) ->
                new Superblock(
                    cluster,
                    new DeviceId(high, low),
                    new DeviceSet(new DeviceId(high, ~low), count - 1, count),
                    new Layout(slotSize, HOSTS, LOCKS),
                    ready));
  }

  private static Arbitrary<Duration> times(long least, long mostSeconds) {
    return Arbitraries.longs().between(least, mostSeconds * 1_000_000_000L).map(Duration::ofNanos);
  }

  static Arbitrary<HostSlot> slots() {
    Arbitrary<HostSlot.Holder> holders =
        Combinators.combine(
                names(64).map(HostId::new),
                Arbitraries.longs().greaterOrEqual(1).map(Incarnation::new),
                Arbitraries.longs().greaterOrEqual(1),
                Arbitraries.longs(),
                Arbitraries.of(true, false),
                times(1, 3600),
                times(0, 1800))
            .as(HostSlot.Holder::new);
    return Combinators.combine(Arbitraries.integers().between(0, HOSTS - 1), holders.optional())
        .as(HostSlot::new);
  }

  private static Arbitrary<Owner> owners() {
    return Combinators.combine(
            Arbitraries.integers().between(0, HOSTS - 1),
            names(64).map(HostId::new),
            Arbitraries.longs().greaterOrEqual(1).map(Incarnation::new))
        .as(Owner::new);
  }

  static Arbitrary<LockBlock> blocks() {
    long most = 1L << 62;
    Arbitrary<Optional<Ownership>> decided =
        Combinators.combine(
                Arbitraries.longs().between(1, most), owners(), Arbitraries.of(true, false))
            .as(Ownership::new)
            .optional();
    Arbitrary<LockBlock> written =
        Combinators.combine(
                Arbitraries.integers().between(0, LOCKS - 1),
                Arbitraries.integers().between(0, HOSTS - 1),
                Combinators.combine(names(63), names(64)).as(WorkloadId::new),
                Arbitraries.longs().between(0, most),
                Arbitraries.longs().between(0, most),
                owners().optional(),
                decided,
                Arbitraries.longs())
            .as(
                (lock, slot, workload, instance, ballot, proposal, ownership, writer) ->
                    new LockBlock(
                        lock,
                        slot,
                        Optional.of(workload),
                        instance,
                        ballot,
                        ballot == 0 || proposal.isEmpty() ? 0 : ballot,
                        ballot == 0 ? Optional.empty() : proposal,
                        ownership,
                        writer));
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(5, written),
        net.jqwik.api.Tuple.of(
            1,
            Combinators.combine(
                    Arbitraries.integers().between(0, LOCKS - 1),
                    Arbitraries.integers().between(0, HOSTS - 1))
                .as(LockBlock::empty)));
  }
}
