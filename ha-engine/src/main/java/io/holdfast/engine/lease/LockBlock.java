package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import java.util.Optional;

/**
 * What one host has written about one lock: its part in the vote on who owns it next, and the
 * newest owner that it knows of. Only that host writes it, so no late write of another can undo it.
 *
 * @param lock the lock's number, from 0 on
 * @param slot the host's number, from 0 on
 * @param workload whose lock it is; empty in a block that nobody has written yet
 * @param instance which ownership is voted on: that of this token; 0 before the first
 * @param ballot the highest ballot of that vote that this host has begun
 * @param accepted the highest ballot in which it has proposed {@code proposal}; 0: in none
 * @param proposal present exactly when {@code accepted} is greater than 0
 * @param decided the newest ownership that it knows of
 * @param writer drawn anew by every process
 */
public record LockBlock(
    int lock,
    int slot,
    Optional<WorkloadId> workload,
    long instance,
    long ballot,
    long accepted,
    Optional<Owner> proposal,
    Optional<Ownership> decided,
    long writer) {
  /** Far beyond what is ever counted to, and far from where a sum would overflow. */
  static final long MOST = 1L << 62;

  /**
   * Who owns, or would own, a workload.
   *
   * @param slot the number of its host
   */
  public record Owner(int slot, HostId host, Incarnation incarnation) {
    public Owner {
      if (slot < 0) {
        throw new InvalidConfigException("owner.slot", slot, "0 or greater");
      }
    }

    @Override
    public String toString() {
      return host + ", incarnation " + incarnation;
    }
  }

  /**
   * One ownership of a workload.
   *
   * @param token its number, 1 or greater: every later one has a greater one
   * @param released whether its owner has given it up
   */
  public record Ownership(long token, Owner owner, boolean released) {
    public Ownership {
      if (token < 1 || token > MOST) {
        throw new InvalidConfigException("lock.token", token, "1 to " + MOST);
      }
    }

    /** One line for people. */
    public String describe() {
      return "%s %s, token %d".formatted(released ? "released by" : "held by", owner, token);
    }
  }

  public LockBlock {
    if (lock < 0 || slot < 0) {
      throw new InvalidConfigException("lock block", lock + "/" + slot, "0 or greater");
    }
    if (instance < 0 || instance > MOST || accepted < 0 || ballot < accepted || ballot > MOST) {
      throw new InvalidConfigException(
          "lock.ballots",
          "instance %d, ballot %d, accepted %d".formatted(instance, ballot, accepted),
          "0 <= accepted <= ballot <= %1$d, 0 <= instance <= %1$d".formatted(MOST));
    }
    if (proposal.isPresent() != accepted > 0) {
      throw new InvalidConfigException("lock.proposal", proposal, "one exactly where accepted > 0");
    }
    boolean written = instance > 0 || ballot > 0 || decided.isPresent();
    if (workload.isEmpty() && written) {
      throw new InvalidConfigException("lock.workload", "none", "one in a block that was written");
    }
  }

  /** One that nobody has written yet. */
  public static LockBlock empty(int lock, int slot) {
    return new LockBlock(
        lock, slot, Optional.empty(), 0, 0, 0, Optional.empty(), Optional.empty(), 0);
  }
}
