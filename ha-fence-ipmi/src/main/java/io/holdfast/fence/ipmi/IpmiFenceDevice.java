package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.net.SocketTimeoutException;
import java.nio.CharBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.metricshub.ipmi.core.coding.commands.PrivilegeLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Controls a host's power through its BMC by IPMI 2.0 over LAN (RMCP+), with cipher suite 3 or 17.
 *
 * <p>Each call sets up a session of its own, reads the chassis power, sends a hard power-down or
 * power-up if it must, reads back until the state is there, and closes session, socket and threads.
 * A lost packet is sent again; a session that could not be set up is tried again until the time is
 * up, except after a wrong password, because many BMCs lock an account after a few of those.
 *
 * <p>A closed port or a host without route is {@link FenceOutcome.Unreachable} as soon as the
 * network says so; silence takes the whole time-out. A BMC that took the command and does not reach
 * the state, or is gone, is {@link FenceOutcome.TimedOut}.
 *
 * <p>The library logs failed set-ups with stack traces under {@code org.metricshub.ipmi}; nothing
 * is lost by switching that off, since every failure is in the outcome.
 */
public final class IpmiFenceDevice implements FenceDevice {
  private static final Logger LOG = LoggerFactory.getLogger(IpmiFenceDevice.class);

  /** What an aborted operation needs to clean up and say how far it came. */
  private static final Duration ABORT_GRACE = Duration.ofMillis(500);

  /** The privilege a session asks for. Most BMCs let an operator control the power. */
  public enum Privilege {
    OPERATOR,
    ADMINISTRATOR
  }

  private interface Operation {
    FenceOutcome on(IpmiLink link, Deadline deadline) throws InterruptedException;
  }

  private final IpmiTarget target;
  private final char[] ownPassword;
  private volatile boolean closed;

  private IpmiFenceDevice(IpmiTarget target, char[] ownPassword) {
    this.target = target;
    this.ownPassword = ownPassword;
  }

  /** Collects the settings of a device. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  @Override
  public String name() {
    return target.name();
  }

  @Override
  public FenceOutcome status(Duration timeout) {
    return operate("status", timeout, IpmiLink::read);
  }

  @Override
  public FenceOutcome off(Duration timeout) {
    return operate(
        "off", timeout, (link, deadline) -> ReadActVerify.bring(link, PowerState.OFF, deadline));
  }

  @Override
  public FenceOutcome on(Duration timeout) {
    return operate(
        "on", timeout, (link, deadline) -> ReadActVerify.bring(link, PowerState.ON, deadline));
  }

  /**
   * Runs on a thread of its own: neither the resolver of names nor the library knows our deadline.
   */
  private FenceOutcome operate(String what, Duration timeout, Operation operation) {
    if (closed) {
      return new Unreachable(target.name() + " is closed");
    }
    Deadline deadline = Deadline.in(timeout);
    IpmiLink link = new IpmiLink(target);
    FutureTask<FenceOutcome> task =
        new FutureTask<>(
            () -> {
              try (link) {
                return operation.on(link, deadline);
              }
            });
    Thread thread = new Thread(task, "holdfast-ipmi-" + what + "-" + target.name());
    thread.setDaemon(true);
    thread.start();
    try {
      return outcome(task, link, deadline);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      link.abort(new SocketTimeoutException("interrupted"));
      task.cancel(true);
      return new TimedOut(what + " was interrupted");
    }
  }

  private FenceOutcome outcome(FutureTask<FenceOutcome> task, IpmiLink link, Deadline deadline)
      throws InterruptedException {
    try {
      try {
        return task.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        link.abort(new SocketTimeoutException("no answer within " + deadline));
        return task.get(ABORT_GRACE.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (TimeoutException e) {
      return new TimedOut("no end within " + deadline);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      LOG.warn("{}: unexpected error", target, cause);
      return new TimedOut("unexpected error: " + cause.getClass().getName());
    }
  }

  /** Forgets the password; calls from now on answer {@link FenceOutcome.Unreachable}. */
  @Override
  public void close() {
    closed = true;
    Arrays.fill(ownPassword, ' ');
  }

  /** Shows where and who, never the password. */
  @Override
  public String toString() {
    return "IpmiFenceDevice[" + target + "]";
  }

  /** Settings of a device; address, user and password are needed. */
  public static final class Builder {
    private final String name;
    private @Nullable String address;
    private int port = 623;
    private @Nullable String user;
    private char[] ownPassword = new char[0];
    private @Nullable Supplier<char[]> password;
    private int cipherSuite = 3;
    private Privilege privilege = Privilege.ADMINISTRATOR;

    private Builder(String name) {
      this.name = name;
    }

    /** The BMC's address; one in numbers does not depend on a name service in an emergency. */
    public Builder address(String address) {
      this.address = address;
      return this;
    }

    /** The BMC's UDP port, 623 unless told. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** At most 16 printable ASCII characters. */
    public Builder user(String user) {
      this.user = user;
      return this;
    }

    /** At most 20 printable ASCII characters, copied; the device wipes its copy when closed. */
    public Builder password(char[] password) {
      if (password.length > IpmiTarget.LONGEST_PASSWORD
          || !IpmiTarget.isPrintableAscii(CharBuffer.wrap(password))) {
        throw new InvalidConfigException(
            "password",
            password.length + " characters",
            "at most " + IpmiTarget.LONGEST_PASSWORD + " printable ASCII characters");
      }
      char[] copy = password.clone();
      this.ownPassword = copy;
      this.password = copy::clone;
      return this;
    }

    /**
     * Asked for the password whenever a session is set up, on a thread of the device; must answer
     * with a new array each time, which is wiped after use.
     */
    public Builder password(Supplier<char[]> password) {
      this.ownPassword = new char[0];
      this.password = password;
      return this;
    }

    /** 3 (HMAC-SHA1, AES-CBC-128), the default, or 17 (HMAC-SHA256, AES-CBC-128). */
    public Builder cipherSuite(int cipherSuite) {
      this.cipherSuite = cipherSuite;
      return this;
    }

    /** {@link Privilege#ADMINISTRATOR} unless told. */
    public Builder privilege(Privilege privilege) {
      this.privilege = privilege;
      return this;
    }

    /**
     * Makes the device; talks to nobody yet. The first one in a JVM takes a few hundred
     * milliseconds to load what a fencing needs, so that the fencing itself need not.
     *
     * @throws InvalidConfigException naming the setting that is missing or cannot be
     */
    public IpmiFenceDevice build() {
      IpmiTarget target =
          new IpmiTarget(
              name,
              given("address", address),
              port,
              given("user", user),
              given("password", password),
              cipherSuite,
              privilege == Privilege.OPERATOR
                  ? PrivilegeLevel.Operator
                  : PrivilegeLevel.Administrator);
      Rehearsal.of(target);
      return new IpmiFenceDevice(target, ownPassword);
    }

    private static <T> T given(String field, @Nullable T value) {
      if (value == null) {
        throw new InvalidConfigException(field, "nothing", "a value");
      }
      return value;
    }
  }
}
