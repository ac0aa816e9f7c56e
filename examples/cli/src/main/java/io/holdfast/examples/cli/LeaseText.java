package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.HostSlot.Holder;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.DeviceScan;

/** What stands on a lease device, as JSON. */
final class LeaseText {
  static final String NOT_DIRECT =
      "not opened past this host's caches, which its file system does not offer: what another host"
          + " writes may not be seen, unless the file system itself sees to that";

  private LeaseText() {}

  static void superblock(ObjectNode document, Superblock superblock) {
    document.put("cluster", superblock.cluster());
    document.put("id", superblock.device().toString());
    document.put("slotSize", superblock.layout().slotSize());
    document.put("set", superblock.set().id().toString());
    document.put("index", superblock.set().index());
    document.put("devices", superblock.set().count());
    document.put("hostSlots", superblock.layout().hosts());
    document.put("lockSlots", superblock.layout().locks());
    document.put("size", superblock.layout().size());
  }

  static ObjectNode finding(Finding finding) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("kind", finding.kind().name());
    node.put("device", finding.device());
    node.put("offset", finding.offset());
    node.put("detail", finding.detail());
    return node;
  }

  static void findings(ObjectNode document, DeviceScan scan) {
    ArrayNode findings = document.putArray("findings");
    scan.findings().forEach(finding -> findings.add(finding(finding)));
    document.put("found", scan.found());
  }

  static ObjectNode host(HostSlot slot, Holder holder) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("slot", slot.slot());
    node.put("host", holder.host().value());
    node.put("incarnation", holder.incarnation().value());
    node.put("sequence", holder.sequence());
    node.put("writer", "%016x".formatted(holder.writer()));
    node.put("released", holder.released());
    node.put("validity", holder.validity().toString());
    node.put("watchdogPeriod", holder.watchdogPeriod().toString());
    return node;
  }

  static ObjectNode lock(DeviceScan.LockState lock) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("lock", lock.lock());
    node.put("workload", lock.workload().toString());
    if (lock.ownership().isPresent()) {
      Ownership ownership = lock.ownership().get();
      ObjectNode owner = node.putObject("owner");
      owner.put("slot", ownership.owner().slot());
      owner.put("host", ownership.owner().host().value());
      owner.put("incarnation", ownership.owner().incarnation().value());
      node.put("token", ownership.token());
      node.put("released", ownership.released());
    } else {
      node.putNull("owner");
    }
    return node;
  }
}
