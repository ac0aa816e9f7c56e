package io.holdfast.fence.ipmi;

import io.holdfast.api.PowerState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.metricshub.ipmi.core.coding.PayloadCoder;
import org.metricshub.ipmi.core.coding.commands.IpmiVersion;
import org.metricshub.ipmi.core.coding.commands.ResponseData;
import org.metricshub.ipmi.core.coding.commands.chassis.ChassisControl;
import org.metricshub.ipmi.core.coding.commands.chassis.GetChassisStatus;
import org.metricshub.ipmi.core.coding.commands.chassis.GetChassisStatusResponseData;
import org.metricshub.ipmi.core.coding.commands.chassis.PowerCommand;
import org.metricshub.ipmi.core.coding.commands.session.SetSessionPrivilegeLevel;
import org.metricshub.ipmi.core.coding.payload.CompletionCode;
import org.metricshub.ipmi.core.coding.payload.IpmiPayload;
import org.metricshub.ipmi.core.coding.payload.lan.IPMIException;
import org.metricshub.ipmi.core.coding.protocol.AuthenticationType;
import org.metricshub.ipmi.core.coding.protocol.PayloadType;
import org.metricshub.ipmi.core.coding.security.CipherSuite;
import org.metricshub.ipmi.core.connection.Connection;
import org.metricshub.ipmi.core.connection.ConnectionException;
import org.metricshub.ipmi.core.connection.ConnectionListener;
import org.metricshub.ipmi.core.sm.actions.ErrorAction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One IPMI 2.0 session. Uses the library's {@link Connection} itself: its connectors retry without
 * regard to any deadline and lose the first error, which is the one that names a wrong password.
 *
 * <p>Used by one thread; {@link #abort} may come from another.
 */
final class IpmiSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IpmiSession.class);

  /** Matches the set-up's answers to its requests; with a socket per session any number will do. */
  private static final int SETUP_TAG = 1;

  private static final Duration FIRST_RESEND = Duration.ofMillis(500);

  /** After this much silence within a session the BMC is taken to have forgotten the session. */
  private static final Duration SESSION_SILENCE = Duration.ofSeconds(6);

  /** The text of the library's error for an HMAC in RAKP message 2 that does not fit. */
  private static final String RAKP2_MISMATCH = "Authentication check failed";

  private record Answer(int tag, @Nullable ResponseData data, @Nullable Exception error) {}

  private final IpmiTarget target;
  private final UdpLink link;
  private final Connection connection;
  private final CipherSuite suite;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private volatile @Nullable IOException broken;

  private IpmiSession(IpmiTarget target, InetSocketAddress peer) throws IOException {
    this.target = target;
    this.suite = target.newCipherSuite();
    this.link = new UdpLink(peer, target.name(), this::abort);
    this.connection = new Connection(link, 0);
  }

  /** Sends nothing yet. */
  static IpmiSession to(IpmiTarget target, InetSocketAddress peer) throws IpmiFailure {
    try {
      return new IpmiSession(target, peer);
    } catch (IOException e) {
      throw IpmiFailure.broken(e);
    }
  }

  /**
   * Sets the session up and takes the privilege that power control needs.
   *
   * @param step how long to wait for each of the three answers of the set-up
   */
  void open(Duration step, Deadline deadline) throws IpmiFailure, InterruptedException {
    char[] password = target.password().get();
    try {
      connection.setTimeout(Math.max(1, (int) step.toMillis()));
      connection.connect(link.peer().getAddress(), link.peer().getPort(), 0, true);
      connection.registerListener(new Answers());
      connection.startSession(
          SETUP_TAG, suite, target.privilege(), target.user(), new String(password), null);
      connection.setTimeout(Integer.MAX_VALUE);
    } catch (Exception e) {
      throw setupFailure(e, step);
    } finally {
      Arrays.fill(password, ' ');
    }
    takePrivilege(deadline);
  }

  private IpmiFailure setupFailure(Exception e, Duration step) {
    IOException gone = broken;
    if (gone != null) {
      return lost(gone, "session set-up");
    }
    if (e instanceof IPMIException code) {
      return IpmiFailure.code("session set-up", code);
    }
    if (e instanceof ConnectionException) {
      return IpmiFailure.silent(link.heard(), "session set-up, " + step + " per step", e);
    }
    if (e instanceof IllegalArgumentException && RAKP2_MISMATCH.equals(e.getMessage())) {
      return IpmiFailure.wrongPassword(e);
    }
    return IpmiFailure.garbled("session set-up", e);
  }

  private IpmiFailure lost(IOException gone, String waitingFor) {
    return gone instanceof SocketTimeoutException
        ? IpmiFailure.silent(link.heard(), waitingFor + ", " + gone.getMessage(), gone)
        : IpmiFailure.broken(gone);
  }

  private void takePrivilege(Deadline deadline) throws IpmiFailure, InterruptedException {
    try {
      request(
          "set session privilege",
          new SetSessionPrivilegeLevel(
              IpmiVersion.V20, suite, AuthenticationType.RMCPPlus, target.privilege()),
          deadline);
    } catch (IpmiFailure e) {
      // 81h: the library names it after another command's meaning of the same code.
      if (e.getCause() instanceof IPMIException code
          && code.getCompletionCode() == CompletionCode.Frudevicebusy) {
        throw IpmiFailure.privilege(code);
      }
      throw e;
    }
  }

  PowerState power(Deadline deadline) throws IpmiFailure, InterruptedException {
    ResponseData data =
        request(
            "chassis status",
            new GetChassisStatus(IpmiVersion.V20, suite, AuthenticationType.RMCPPlus),
            deadline);
    if (!(data instanceof GetChassisStatusResponseData status)) {
      throw IpmiFailure.garbled("chassis status", new IllegalStateException("another answer"));
    }
    return status.isPowerOn() ? PowerState.ON : PowerState.OFF;
  }

  void command(PowerState wanted, Deadline deadline) throws IpmiFailure, InterruptedException {
    PowerCommand command = wanted == PowerState.OFF ? PowerCommand.PowerDown : PowerCommand.PowerUp;
    request(
        "chassis control " + command,
        new ChassisControl(IpmiVersion.V20, suite, AuthenticationType.RMCPPlus, command),
        deadline);
  }

  /** Sends a request, again and again because UDP loses packets, until its answer comes. */
  private ResponseData request(String request, PayloadCoder coder, Deadline deadline)
      throws IpmiFailure, InterruptedException {
    Deadline silence = Deadline.in(deadline.remaining(SESSION_SILENCE));
    Duration resend = FIRST_RESEND;
    int tag = send(coder);
    while (true) {
      Answer answer = answers.poll(silence.remaining(resend).toNanos(), TimeUnit.NANOSECONDS);
      IOException gone = broken;
      if (gone != null) {
        throw lost(gone, request);
      }
      if (answer != null && answer.tag() == tag) {
        return use(request, answer);
      }
      if (silence.passed()) {
        throw IpmiFailure.silent(link.heard(), request, new ConnectionException("no answer"));
      }
      if (answer == null) {
        sendAgain(tag);
        resend = resend.multipliedBy(2);
      }
    }
  }

  private static ResponseData use(String request, Answer answer) throws IpmiFailure {
    Exception error = answer.error();
    if (error instanceof IPMIException code) {
      throw IpmiFailure.code(request, code);
    }
    ResponseData data = answer.data();
    if (data == null) {
      throw IpmiFailure.garbled(
          request, error == null ? new IllegalStateException("no data") : error);
    }
    return data;
  }

  private int send(PayloadCoder coder) throws IpmiFailure {
    link.codec().lock();
    try {
      return connection.sendMessage(coder, false);
    } catch (ConnectionException e) {
      throw IpmiFailure.garbled("sending", e);
    } finally {
      link.codec().unlock();
    }
  }

  private void sendAgain(int tag) throws IpmiFailure {
    link.codec().lock();
    try {
      connection.retry(tag, PayloadType.Ipmi);
    } catch (ConnectionException e) {
      throw IpmiFailure.garbled("sending", e);
    } finally {
      link.codec().unlock();
    }
  }

  /** Makes whatever the session waits for fail now; a time-out says that the deadline passed. */
  void abort(IOException why) {
    broken = why;
    connection.notify(new ErrorAction(why));
    answers.add(new Answer(-1, null, why));
  }

  /** Says good-bye without waiting for an answer, and ends all threads. */
  @Override
  public void close() {
    link.codec().lock();
    try {
      if (connection.isActive() && connection.isSessionValid() && broken == null) {
        connection.closeSession();
      }
    } catch (ConnectionException e) {
      LOG.debug("{}: the session could not be closed", target, e);
    } finally {
      link.codec().unlock();
      if (connection.isActive()) {
        connection.disconnect();
      }
      link.closeConnection();
    }
  }

  private final class Answers implements ConnectionListener {
    @Override
    public void processResponse(
        @Nullable ResponseData data, int handle, int tag, @Nullable Exception error) {
      answers.add(new Answer(tag, data, error));
    }

    @Override
    public void processRequest(IpmiPayload payload) {
      LOG.debug("{}: a request from the BMC is not served", target);
    }
  }
}
