package io.holdfast.examples.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Everything that happened so far, in the order in which it came in. Safe for several threads. */
final class Moments {
  private final ObjectMapper mapper = new ObjectMapper();
  private final List<Moment> all = new ArrayList<>();
  private final List<Consumer<Moment>> listeners = new ArrayList<>();

  /** Tells everything that comes in from now on, on the thread that brings it; must be quick. */
  synchronized void listen(Consumer<Moment> listener) {
    listeners.add(listener);
  }

  /** Takes in what a line tells. */
  void addLine(String teller, String line) {
    read(teller, line).ifPresent(this::add);
  }

  /**
   * What a line tells; nothing if it is not JSON (a log line between).
   *
   * @param teller who is meant where the line does not say
   */
  Optional<Moment> read(String teller, String line) {
    if (!line.startsWith("{")) {
      return Optional.empty();
    }
    JsonNode fields;
    try {
      fields = mapper.readTree(line);
    } catch (JsonProcessingException e) {
      return Optional.empty(); // cut off in the middle by the end of the one who wrote it
    }
    String event = fields.path("event").asText(fields.path("what").asText(""));
    if (event.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Moment(
            fields.path("atMillis").asLong(), fields.path("by").asText(teller), event, fields));
  }

  synchronized void add(Moment moment) {
    all.add(moment);
    listeners.forEach(listener -> listener.accept(moment));
    notifyAll();
  }

  /** Whether a guest answers, by the observer's last word on it. */
  static boolean answers(List<Moment> seen, LabNetwork.Guest guest) {
    String id = "vm:" + guest.name();
    for (int i = seen.size() - 1; i >= 0; i--) {
      Moment moment = seen.get(i);
      boolean word = moment.is("GuestAnswers") || moment.is("GuestSilent");
      if (word && moment.text("workload").equals(id)) {
        return moment.is("GuestAnswers");
      }
    }
    return false;
  }

  /** A copy of everything so far. */
  synchronized List<Moment> all() {
    return List.copyOf(all);
  }

  synchronized int size() {
    return all.size();
  }

  /** The last one that matches. */
  synchronized Optional<Moment> last(Predicate<Moment> wanted) {
    for (int i = all.size() - 1; i >= 0; i--) {
      if (wanted.test(all.get(i))) {
        return Optional.of(all.get(i));
      }
    }
    return Optional.empty();
  }

  /**
   * Waits for a state of things; looked at whenever something happens.
   *
   * @return whether it came in time
   */
  synchronized boolean await(Duration patience, Predicate<List<Moment>> reached)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (!reached.test(all)) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** Waits for a moment that comes after the first {@code from} ones. */
  Optional<Moment> awaitMoment(int from, Duration patience, Predicate<Moment> wanted)
      throws InterruptedException {
    List<Moment> found = new ArrayList<>();
    await(
        patience,
        moments -> {
          for (int i = Math.min(from, moments.size()); i < moments.size(); i++) {
            if (wanted.test(moments.get(i))) {
              found.add(moments.get(i));
              return true;
            }
          }
          return false;
        });
    return found.stream().findFirst();
  }
}
