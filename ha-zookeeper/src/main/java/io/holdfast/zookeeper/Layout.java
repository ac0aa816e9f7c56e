package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * Where everything is. Below the chroot:
 *
 * <pre>
 * /v1/meta                  format and the cluster's id
 * /v1/epoch                 the epoch in decimal; the node's version guards every controller's write
 * /v1/controller            ephemeral: candidate, epoch, the client that holds it
 * /v1/hosts/ID/session      ephemeral; its creation's transaction id is the incarnation
 * /v1/hosts/ID/lease        incarnation and sequence
 * /v1/host/ID  /v1/intent/ID  /v1/fence/ID  /v1/report/ID
 * /v1/cluster/ID  /v1/rule/ID  /v1/directive/ID
 * /v1/workload/XX/ID  /v1/definition/XX/ID  /v1/placement/XX/ID  /v1/request/XX/ID
 * </pre>
 *
 * XX is a hash of the name, so that no directory becomes too large to be listed. A record's parent
 * counts deletions in its version (see {@link CommitPlan}). Records of hosts stand apart from
 * leases, so that who follows one is not woken by the other.
 *
 * @param chroot empty, or {@code /a/b} without a slash at the end
 */
record Layout(String chroot) {
  private static final int SHARDS = 256;

  String root() {
    return chroot + "/v1";
  }

  String meta() {
    return root() + "/meta";
  }

  String epoch() {
    return root() + "/epoch";
  }

  String controller() {
    return root() + "/controller";
  }

  String hosts() {
    return root() + "/hosts";
  }

  String host(HostId host) {
    return hosts() + "/" + host;
  }

  String session(HostId host) {
    return host(host) + "/session";
  }

  String lease(HostId host) {
    return host(host) + "/lease";
  }

  String table(Table table) {
    return root() + "/" + table.name().toLowerCase(Locale.ROOT);
  }

  /** The directory of a record. */
  String directory(StateStore.Key key) {
    return isSharded(key.table())
        ? table(key.table()) + "/" + shard(key.name())
        : table(key.table());
  }

  String record(StateStore.Key key) {
    return directory(key) + "/" + key.name();
  }

  /** All directories that hold records of a table. */
  List<String> directories(Table table) {
    if (!isSharded(table)) {
      return List.of(table(table));
    }
    List<String> directories = new ArrayList<>(SHARDS);
    for (int i = 0; i < SHARDS; i++) {
      directories.add(table(table) + "/" + String.format(Locale.ROOT, "%02x", i));
    }
    return directories;
  }

  /** Depth below the table at which its records are. */
  static int depth(Table table) {
    return isSharded(table) ? 2 : 1;
  }

  /** Everything that is there from the beginning, parents first, but meta and epoch. */
  List<String> allDirectories() {
    List<String> all = new ArrayList<>();
    all.add(hosts());
    for (Table table : Table.values()) {
      all.add(table(table));
      if (isSharded(table)) {
        all.addAll(directories(table));
      }
    }
    return all;
  }

  private static boolean isSharded(Table table) {
    return switch (table) {
      case WORKLOAD, DEFINITION, PLACEMENT, REQUEST -> true;
      case HOST, INTENT, FENCE, REPORT, CLUSTER, RULE, DIRECTIVE -> false;
    };
  }

  private static String shard(String name) {
    CRC32 hash = new CRC32();
    hash.update(name.getBytes(UTF_8));
    return String.format(Locale.ROOT, "%02x", hash.getValue() % SHARDS);
  }
}
