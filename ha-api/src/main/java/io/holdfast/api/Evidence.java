package io.holdfast.api;

import java.time.Duration;

/**
 * Why it is certain that one incarnation of a host runs nothing any more. Silence is never
 * evidence: a workload of a lost host starts elsewhere only when one of these has been stored under
 * the current epoch.
 */
public sealed interface Evidence {

  /** One line for people. */
  String describe();

  /**
   * A fence device read the host's power as off.
   *
   * @param device the device that read it
   */
  record PoweredOff(String device) implements Evidence {
    @Override
    public String describe() {
      return "power read as off by " + device;
    }
  }

  /**
   * The host was cut off from the storage of its workloads.
   *
   * @param mechanism for example a blocklist or a persistent reservation
   */
  record StorageFenced(String mechanism) implements Evidence {
    @Override
    public String describe() {
      return "cut off from storage by " + mechanism;
    }
  }

  /**
   * The host's lease ran out and a watchdog has reset the host since.
   *
   * @param waited how long the observer has seen no renewal, on its own clock
   * @param required the least wait that the timing proof asks for, see {@link LeaseTiming}
   */
  record LeaseExpired(Duration waited, Duration required) implements Evidence {
    public LeaseExpired {
      if (waited.compareTo(required) < 0) {
        throw new InvalidConfigException("evidence.waited", waited, "at least " + required);
      }
    }

    @Override
    public String describe() {
      return "lease silent for " + waited + " (" + required + " required), watchdog-backed";
    }
  }

  /** The host's own hypervisor said that the workload has stopped. */
  record StoppedByHypervisor(HostId host) implements Evidence {
    @Override
    public String describe() {
      return "stopped, as observed by the hypervisor of " + host;
    }
  }

  /**
   * A person confirmed that the host is down.
   *
   * @param who the person, for the record
   */
  record ConfirmedByOperator(String who) implements Evidence {
    @Override
    public String describe() {
      return "confirmed down by " + who;
    }
  }

  /**
   * The cluster was explicitly configured to accept the risk.
   *
   * @param policy the setting that says so
   */
  record AssumedByPolicy(String policy) implements Evidence {
    @Override
    public String describe() {
      return "assumed down by policy " + policy + " (risk accepted)";
    }
  }
}
