package io.holdfast.libvirt;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * How workloads get from this host to others while they run: peer to peer, that is from this host's
 * libvirt daemon to the target's, so that a migration does not depend on the process that asked for
 * it. This process asks the target's daemon, too, before and after, and so has to be able to
 * connect to it by the same URI.
 *
 * <p>Disks must be on storage that both hosts share, and the definition must hold nothing that only
 * one host has. A lock manager (virtlockd or sanlock) belongs to it: when the target fails just as
 * it begins to run a workload, so that its answer is lost, libvirt lets the source go on, and only
 * a lock then keeps the two apart. Without one, such a loss ends in {@code Unknown}, too late.
 *
 * <p>Immutable.
 */
public final class LiveMigration {
  private static final String ADDRESS = "%s";

  private final String connection;
  private final Optional<String> data;
  private final boolean unsafe;
  private final OptionalInt mebibytesPerSecond;
  private final Function<HostId, String> addresses;

  private LiveMigration(
      String connection,
      Optional<String> data,
      boolean unsafe,
      OptionalInt mebibytesPerSecond,
      Function<HostId, String> addresses) {
    this.connection = connection;
    this.data = data;
    this.unsafe = unsafe;
    this.mebibytesPerSecond = mebibytesPerSecond;
    this.addresses = addresses;
  }

  /**
   * @param connection the URI of a target's libvirt daemon, with {@code %s} where its address
   *     belongs, such as {@code qemu+tls://%s/system}
   */
  public static LiveMigration over(String connection) {
    return new LiveMigration(
        template("liveMigration.connection", connection),
        Optional.empty(),
        false,
        OptionalInt.empty(),
        HostId::value);
  }

  /**
   * The way that the guests' memory takes, such as {@code tcp://%s}, where it is to be another
   * network or a target's own name for itself does not lead to it. Unless set, libvirt asks the
   * target.
   */
  public LiveMigration dataOver(String uri) {
    return new LiveMigration(
        connection,
        Optional.of(template("liveMigration.data", uri)),
        unsafe,
        mebibytesPerSecond,
        addresses);
  }

  /**
   * Migrates also what libvirt thinks unsafe: disks with a host cache on storage that is not known
   * to be coherent between hosts. To be used only where one knows better.
   */
  public LiveMigration evenIfUnsafe() {
    return new LiveMigration(connection, data, true, mebibytesPerSecond, addresses);
  }

  /** The most that one migration may take of the network: no limit unless set. */
  public LiveMigration atMost(int mebibytes) {
    if (mebibytes < 1) {
      throw new InvalidConfigException("liveMigration.atMost", mebibytes, "at least 1 MiB/s");
    }
    return new LiveMigration(connection, data, unsafe, OptionalInt.of(mebibytes), addresses);
  }

  /** What replaces {@code %s} for a host: its id unless set. Must answer from memory. */
  public LiveMigration addresses(Function<HostId, String> addressOf) {
    return new LiveMigration(connection, data, unsafe, mebibytesPerSecond, addressOf);
  }

  String connectionTo(HostId host) {
    return connection.replace(ADDRESS, addressOf(host));
  }

  Optional<String> dataTo(HostId host) {
    return data.map(template -> template.replace(ADDRESS, addressOf(host)));
  }

  boolean isUnsafe() {
    return unsafe;
  }

  OptionalInt mebibytesPerSecond() {
    return mebibytesPerSecond;
  }

  private String addressOf(HostId host) {
    return Objects.requireNonNull(addresses.apply(host), "the address of a host");
  }

  private static String template(String field, String value) {
    if (!value.contains(ADDRESS)) {
      throw new InvalidConfigException(
          field, value, "a URI with " + ADDRESS + " in the place of the address");
    }
    return value;
  }
}
