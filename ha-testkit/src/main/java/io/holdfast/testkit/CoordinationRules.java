package io.holdfast.testkit;

import io.holdfast.api.Outcome;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/** What the themes of {@link CoordinationFixture} build on; it says what each of these does. */
interface CoordinationRules {
  Client newClient() throws Exception;

  void expireSession(Client client) throws Exception;

  void cut(Client client) throws Exception;

  void restore(Client client) throws Exception;

  void restartService() throws Exception;

  void loseNextAnswer(Client client) throws Exception;

  void loseNextCommit(Client client) throws Exception;

  Duration timeout();

  Duration patience();

  <T> T eventuallyDone(Callable<Outcome<T>> call) throws Exception;

  void eventually(String what, BooleanSupplier condition);

  <T> List<T> atOnce(List<Callable<T>> calls) throws Exception;
}
