package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.zookeeper.ZNodes.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.SetDataResult;
import org.jspecify.annotations.Nullable;

/**
 * The controller's place and the epoch, which change together in one transaction: the ephemeral
 * node is created if and only if the epoch is incremented by compare-and-set. What was lost on the
 * way is found out by looking again: the place is ours if its node is of our session.
 */
final class ControllerPlace {
  /** Of one epoch there is one version of the epoch's node, for ever. */
  private record Mark(long epoch, int version) {}

  private record Holder(String candidate, long epoch, String client, long sessionId) {}

  private record View(Optional<Holder> holder, Mark mark) {
    boolean isHeldBy(long session, String client) {
      return holder.filter(h -> h.sessionId == session && h.client.equals(client)).isPresent();
    }
  }

  private final Link link;
  private final String client = UUID.randomUUID().toString();
  private volatile @Nullable Mark lastSeen;

  ControllerPlace(Link link) {
    this.link = link;
  }

  Outcome<Election> campaign(String candidate, Optional<Epoch> deposed, Duration timeout) {
    return link.call(
        timeout,
        first -> {
          Calls calls = first;
          while (true) {
            try {
              Optional<Outcome<Election>> outcome = attempt(calls, candidate, deposed);
              if (outcome.isPresent()) {
                return outcome.get();
              }
            } catch (KeeperException.ConnectionLossException e) {
              // In the same session nothing sent before the interruption is still on its way, so
              // looking again tells what became of it. Of another session nobody knows.
              calls = link.reopen(calls.deadline());
              if (calls.sessionId() != first.sessionId()) {
                return Outcome.unknown("the session ended during the election");
              }
            }
          }
        });
  }

  /** One look and, if the place can be had, one try; empty if somebody else was faster. */
  private Optional<Outcome<Election>> attempt(
      Calls calls, String candidate, Optional<Epoch> deposed)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    View view = look(calls);
    Epoch epoch = new Epoch(view.mark().epoch());
    if (view.isHeldBy(calls.sessionId(), client)) {
      return Optional.of(Outcome.done(new Election.Elected(epoch)));
    }
    boolean replace = deposed.filter(epoch::equals).isPresent();
    if (view.holder().isPresent()) {
      Holder holder = view.holder().get();
      // What this very client left behind in a session that it has lost is its own to replace.
      if (!replace && !holder.client().equals(client)) {
        return Optional.of(Outcome.done(new Election.LedBy(holder.candidate(), epoch)));
      }
    } else if (deposed.isPresent() && !replace) {
      return Optional.of(
          Outcome.failed(Cause.CONFLICT, "the epoch is " + epoch + ", not " + deposed.get()));
    }
    return take(calls, candidate, view).map(e -> Outcome.done(new Election.Elected(e)));
  }

  private Optional<Epoch> take(Calls calls, String candidate, View view)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    long epoch = view.mark().epoch() + 1;
    String place = link.layout().controller();
    byte[] holder = (candidate + " " + epoch + " " + client).getBytes(UTF_8);
    List<Op> ops = new ArrayList<>();
    if (view.holder().isPresent()) {
      ops.add(Op.delete(place, -1));
    }
    ops.add(
        Op.create(place, holder, link.settings().acls.getAclForPath(place), CreateMode.EPHEMERAL));
    ops.add(
        Op.setData(
            link.layout().epoch(), Long.toString(epoch).getBytes(UTF_8), view.mark().version()));
    try {
      List<OpResult> results = calls.await(calls.multi(ops));
      SetDataResult written = (SetDataResult) results.get(results.size() - 1);
      lastSeen = new Mark(epoch, written.getStat().getVersion());
      return Optional.of(new Epoch(epoch));
    } catch (RejectedException e) {
      if (e.isRace()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  Outcome<Ack> resign(Duration timeout) {
    return link.repeat(
        timeout,
        calls -> {
          while (true) {
            View view = look(calls);
            if (view.holder().filter(h -> h.client().equals(client)).isEmpty()) {
              return Outcome.ok();
            }
            try {
              calls.await(
                  calls.multi(
                      List.of(
                          Op.check(link.layout().epoch(), view.mark().version()),
                          Op.delete(link.layout().controller(), -1))));
              return Outcome.ok();
            } catch (RejectedException e) {
              if (!e.isRace()) {
                throw e;
              }
            }
          }
        });
  }

  /** The version of the epoch's node that proves the epoch current; empty if it is not current. */
  OptionalInt guard(Calls calls, Epoch epoch)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    Mark seen = lastSeen;
    if (seen == null || seen.epoch() != epoch.value()) {
      seen = look(calls).mark();
    }
    return seen.epoch() == epoch.value() ? OptionalInt.of(seen.version()) : OptionalInt.empty();
  }

  /** Place and epoch as of now. */
  private View look(Calls calls)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    while (true) {
      CompletableFuture<List<OpResult>> barrier = calls.barrier();
      CompletableFuture<Optional<Node>> place = calls.get(link.layout().controller());
      CompletableFuture<Optional<Node>> epoch = calls.get(link.layout().epoch());
      calls.await(barrier);
      Optional<Holder> holder = holder(calls.await(place));
      Mark mark = mark(calls.await(epoch));
      lastSeen = mark;
      if (holder.isEmpty() || holder.get().epoch() == mark.epoch()) {
        return new View(holder, mark);
      }
      // The two reads fell on both sides of an election.
    }
  }

  private Mark mark(Optional<Node> node) throws RefusedException {
    String text = node.map(Node::text).orElse("");
    if (!text.matches("\\d{1,18}")) {
      throw new RefusedException(link.layout().epoch(), '"' + text + '"', "a number");
    }
    return new Mark(Long.parseLong(text), node.orElseThrow().stat().getVersion());
  }

  private Optional<Holder> holder(Optional<Node> node) throws RefusedException {
    if (node.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = node.get().text().split(" ", -1);
    if (parts.length != 3 || !parts[1].matches("\\d{1,18}")) {
      throw new RefusedException(
          link.layout().controller(), '"' + node.get().text() + '"', "candidate, epoch, client");
    }
    long owner = node.get().stat().getEphemeralOwner();
    return Optional.of(new Holder(parts[0], Long.parseLong(parts[1]), parts[2], owner));
  }
}
