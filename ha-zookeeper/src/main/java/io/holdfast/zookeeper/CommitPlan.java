package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.data.Stat;

/**
 * The transaction for a commit.
 *
 * <p>A record's version for the SPI is the id of the transaction that wrote it last. ZooKeeper can
 * check only its own version of a node, which starts anew when a node is deleted and made again, so
 * each deletion also increments the version of the record's directory, and a write that expects a
 * version checks the directory too: as long as that has not changed, the node is the same one.
 *
 * <p>A transaction cannot say "create or overwrite" nor "must be absent". For the former it is
 * guessed whether the record exists, and looked up when the guess was wrong; for the latter the
 * record is created, and deleted again if it shall not exist.
 */
final class CommitPlan {
  /** What an operation is for, to tell what its refusal means. */
  enum Role {
    EPOCH,
    DIRECTORY,
    GUESS,
    EXPECTATION
  }

  private final Layout layout;
  private final ACLProvider acls;
  private final List<Write> writes;
  private final List<Op> ops = new ArrayList<>();
  private final List<Role> roles = new ArrayList<>();

  // Found by lookUp; a record that was not looked up is guessed to exist.
  private final Map<String, Optional<Stat>> records = new HashMap<>();
  private final Map<String, Integer> directories = new LinkedHashMap<>();

  CommitPlan(Layout layout, ACLProvider acls, List<Write> writes) {
    this.layout = layout;
    this.acls = acls;
    this.writes = writes;
  }

  boolean expectsVersions() {
    return writes.stream().anyMatch(write -> write.expected() instanceof Expected.Version);
  }

  /** Looks all records up, their directories first: see the class comment. */
  void lookUp(Calls calls)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    Map<String, CompletableFuture<Optional<Stat>>> found = new LinkedHashMap<>();
    Set<String> expectedIn = new LinkedHashSet<>();
    for (Write write : writes) {
      if (write.expected() instanceof Expected.Version) {
        expectedIn.add(layout.directory(write.key()));
      }
    }
    expectedIn.forEach(directory -> found.put(directory, calls.exists(directory)));
    writes.forEach(
        write -> found.put(layout.record(write.key()), calls.exists(layout.record(write.key()))));
    directories.clear();
    for (Map.Entry<String, CompletableFuture<Optional<Stat>>> entry : found.entrySet()) {
      Optional<Stat> stat = calls.await(entry.getValue());
      if (expectedIn.contains(entry.getKey())) {
        directories.put(entry.getKey(), stat.map(Stat::getVersion).orElse(-1));
      } else {
        records.put(entry.getKey(), stat);
      }
    }
  }

  /** A write whose expected version is not the one looked up. */
  Optional<Write> mismatch() {
    return writes.stream()
        .filter(
            write ->
                write.expected() instanceof Expected.Version version
                    && stat(write).filter(s -> s.getMzxid() == version.version()).isEmpty())
        .findFirst();
  }

  /**
   * The operations, checks first.
   *
   * @param epochVersion of the node that guards the epoch, if the commit is guarded
   */
  List<Op> operations(OptionalInt epochVersion) {
    ops.clear();
    roles.clear();
    epochVersion.ifPresent(version -> add(Role.EPOCH, Op.check(layout.epoch(), version)));
    directories.forEach((path, version) -> add(Role.DIRECTORY, Op.check(path, version)));
    Set<String> deletedFrom = new LinkedHashSet<>();
    for (Write write : writes) {
      if (write.value().isEmpty()) {
        delete(write);
        deletedFrom.add(layout.directory(write.key()));
      } else {
        put(write, write.value().get().getBytes(UTF_8));
      }
    }
    deletedFrom.forEach(path -> add(Role.DIRECTORY, Op.setData(path, new byte[0], -1)));
    return List.copyOf(ops);
  }

  Role role(int operation) {
    return roles.get(operation);
  }

  private void put(Write write, byte[] value) {
    String path = layout.record(write.key());
    if (write.expected() instanceof Expected.Version) {
      add(Role.EXPECTATION, Op.setData(path, value, stat(write).orElseThrow().getVersion()));
    } else if (write.expected() instanceof Expected.Absent) {
      add(Role.EXPECTATION, create(path, value));
    } else {
      add(Role.GUESS, isThere(write) ? Op.setData(path, value, -1) : create(path, value));
    }
  }

  private void delete(Write write) {
    String path = layout.record(write.key());
    if (write.expected() instanceof Expected.Version) {
      add(Role.EXPECTATION, Op.delete(path, stat(write).orElseThrow().getVersion()));
      return;
    }
    boolean mustBeAbsent = write.expected() instanceof Expected.Absent;
    Role role = mustBeAbsent ? Role.EXPECTATION : Role.GUESS;
    if (mustBeAbsent || !isThere(write)) {
      add(role, create(path, new byte[0]));
    }
    add(role, Op.delete(path, -1));
  }

  private boolean isThere(Write write) {
    Optional<Stat> looked = records.get(layout.record(write.key()));
    return looked == null || looked.isPresent();
  }

  private Optional<Stat> stat(Write write) {
    return records.getOrDefault(layout.record(write.key()), Optional.empty());
  }

  private Op create(String path, byte[] value) {
    return Op.create(path, value, acls.getAclForPath(path), CreateMode.PERSISTENT);
  }

  private void add(Role role, Op op) {
    roles.add(role);
    ops.add(op);
  }
}
