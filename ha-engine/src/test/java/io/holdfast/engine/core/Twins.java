package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two cores that see the same leases. One leads and is deposed; then both are elected upon the same
 * store, each in a world of its own, and have to agree on everything.
 */
final class Twins {
  static final String[] HOSTS = {"host1", "host2", "host3"};
  private static final long SECOND_EPOCH = 3;
  private static final Pattern NUMBER = Pattern.compile("\\b" + SECOND_EPOCH + "\\.\\d+\\b");

  /** The one that leads now, and before. */
  final ControllerScript former;

  /** The one that never led before. */
  final ControllerScript fresh;

  private final Told formerTold = new Told();
  private final Told freshTold = new Told();

  Twins(StateRecord... records) {
    this(() -> new ControllerScript(HOSTS), records);
  }

  /** Of these records, led by one of them, and all hosts have reported. */
  Twins(Supplier<ControllerScript> script, StateRecord... records) {
    former = script.get();
    fresh = script.get();
    for (StateRecord record : records) {
      former.put(record);
    }
    both(ControllerScript::seesLeases);
    both(s -> s.connection(Connection.CONNECTED));
    fresh.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(1))));
    former.elected(1);
    allReport(HOSTS);
  }

  /** It happens where both see it. */
  void both(Consumer<ControllerScript> happens) {
    happens.accept(former);
    happens.accept(fresh);
  }

  /** The hosts are heard, and report that they do what they were told. */
  void allReport(String... hosts) {
    for (String host : hosts) {
      both(s -> s.renews(host));
      former.reports(host);
      former.reports(host);
    }
  }

  void fallSilent(String... hosts) {
    both(s -> s.fallsSilent(hosts));
    both(ControllerScript::silencePasses);
  }

  /** The session of whoever leads ends, and each of them is elected. */
  void leadAnew() {
    leadAnew(store -> {});
  }

  /**
   * @param meanwhile what others write while neither leads
   */
  void leadAnew(Consumer<SortedMap<Key, StateRecord>> meanwhile) {
    both(s -> s.connection(Connection.LOST));
    former.nothingIsAnswered();
    former.storeAnswers();
    meanwhile.accept(former.store);
    fresh.store.clear();
    List.copyOf(former.store.values()).forEach(record -> both(s -> s.put(record)));
    both(s -> s.connection(Connection.CONNECTED));
    formerTold.before = former.emitted.size();
    freshTold.before = fresh.emitted.size();
    both(s -> s.elected(SECOND_EPOCH));
    agree();
  }

  void agree() {
    assertThat(formerTold.since(former)).isEqualTo(freshTold.since(fresh));
    assertThat(former.status()).isEqualTo(fresh.status());
    for (StateRecord record : fresh.store.values()) {
      if (record instanceof WorkloadConfig config) {
        String id = config.workload().id().toString();
        assertThat(former.explainWorkload(id)).isEqualTo(fresh.explainWorkload(id));
      }
    }
    for (String host : HOSTS) {
      assertThat(former.explainHost(host)).isEqualTo(fresh.explainHost(host));
    }
  }

  /** It happens to both, and they agree on what is to be done. */
  void agreeWhen(Consumer<ControllerScript> happens) {
    both(happens);
    agree();
  }

  /** Step by step, so that they agree on when as well. */
  void agreeFor(Duration time) {
    Duration step = TIMINGS.renewInterval();
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plus(step)) {
      agreeWhen(s -> s.passes(step));
    }
  }

  void agreeWhenReporting(String... hosts) {
    for (String host : hosts) {
      agreeWhen(s -> s.reports(host));
    }
  }

  /** What one of them emits, operations by the order in which they first appear. */
  private static final class Told {
    private final SortedMap<String, Integer> numbers = new TreeMap<>();
    private int before;

    List<String> since(ControllerScript script) {
      List<String> texts = new ArrayList<>();
      for (; before < script.emitted.size(); before++) {
        Matcher found = NUMBER.matcher(script.emitted.get(before).toString());
        texts.add(found.replaceAll(number -> "#" + numberOf(number.group())));
      }
      return texts;
    }

    private int numberOf(String operation) {
      numbers.putIfAbsent(operation, numbers.size());
      return numbers.getOrDefault(operation, -1);
    }
  }
}
