package io.holdfast.examples.lab;

import io.holdfast.api.HostId;
import java.time.Duration;
import java.util.List;

/** Where a failover is played: in the real lab, or in one process. */
interface Stage {
  /** Brings hosts, controllers and protected guests up. */
  void prepare() throws Exception;

  /** Waits until these guests answer. */
  boolean awaitAnswers(Duration patience, List<LabNetwork.Guest> guests)
      throws InterruptedException;

  Moments moments();

  /** The host whose engine leads. */
  HostId controller();

  /** The host whose server leads the store, or another word. */
  String storeLeader() throws Exception;

  /** Cuts the host's power, silently; tells {@code power-cut}. */
  void cut(HostId host) throws Exception;

  /** Whether any guest was ever seen running twice at once. */
  boolean ranTwice();

  String mode();

  String accelerator() throws Exception;

  /** What everybody said last, for people who look for a cause. */
  String lastWords() throws Exception;

  void end() throws Exception;
}
