package io.holdfast.engine.record;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.Host;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;

/** Anything that is kept in the store. */
public sealed interface StateRecord
    permits StateRecord.HostConfig,
        StateRecord.WorkloadConfig,
        StateRecord.WorkloadDefinition,
        StateRecord.ClusterConfig,
        StateRecord.RuleConfig,
        StateRecord.Unreadable,
        HostDirective,
        WorkloadRequest,
        Placement,
        HostIntent,
        HostReport,
        FenceRecord,
        HostReturns {

  /** Where it is kept. */
  Key key();

  /** A registered host. */
  record HostConfig(Host host) implements StateRecord {
    @Override
    public Key key() {
      return new Key(Table.HOST, host.id().value());
    }
  }

  /** A protected workload's policy. */
  record WorkloadConfig(Workload workload) implements StateRecord {
    @Override
    public Key key() {
      return new Key(Table.WORKLOAD, workload.id().toString());
    }
  }

  /** What to start. */
  record WorkloadDefinition(WorkloadId workload, Definition definition) implements StateRecord {
    @Override
    public Key key() {
      return new Key(Table.DEFINITION, workload.toString());
    }
  }

  /** The cluster's policy, one for all. */
  record ClusterConfig(ClusterPolicy policy) implements StateRecord {
    /** Where it is kept. */
    public static final Key KEY = new Key(Table.CLUSTER, "policy");

    @Override
    public Key key() {
      return KEY;
    }
  }

  /** A placement rule. */
  record RuleConfig(Rule rule) implements StateRecord {
    @Override
    public Key key() {
      return new Key(Table.RULE, rule.id());
    }
  }

  /** A record that this version cannot read: corrupt, foreign or newer. It is left as it is. */
  record Unreadable(Key key, String reason) implements StateRecord {}
}
