package io.holdfast.fence.ipmi;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import org.metricshub.ipmi.core.coding.Encoder;
import org.metricshub.ipmi.core.coding.PayloadCoder;
import org.metricshub.ipmi.core.coding.commands.IpmiVersion;
import org.metricshub.ipmi.core.coding.commands.chassis.ChassisControl;
import org.metricshub.ipmi.core.coding.commands.chassis.GetChassisStatus;
import org.metricshub.ipmi.core.coding.commands.chassis.PowerCommand;
import org.metricshub.ipmi.core.coding.commands.session.OpenSession;
import org.metricshub.ipmi.core.coding.commands.session.Rakp1;
import org.metricshub.ipmi.core.coding.commands.session.SetSessionPrivilegeLevel;
import org.metricshub.ipmi.core.coding.protocol.AuthenticationType;
import org.metricshub.ipmi.core.coding.protocol.decoder.Protocolv20Decoder;
import org.metricshub.ipmi.core.coding.protocol.encoder.Protocolv20Encoder;
import org.metricshub.ipmi.core.coding.rmcp.RmcpDecoder;
import org.metricshub.ipmi.core.coding.security.CipherSuite;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes the messages of a fencing without sending them, so that the first fencing in the life of
 * a JVM does not pay for loading the classes and the ciphers: that is most of its time.
 */
final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final int NUMBER = 1;

  private Rehearsal() {}

  static void of(IpmiTarget target) {
    CipherSuite suite = target.newCipherSuite();
    try {
      encode(new OpenSession(NUMBER, target.privilege(), suite), 0);
      Rakp1 rakp1 = new Rakp1(NUMBER, target.privilege(), target.user(), "", null, suite);
      encode(rakp1, 0);
      suite.getAuthenticationAlgorithm().getKeyExchangeAuthenticationCode(new byte[NUMBER], "x");
      suite.initializeAlgorithms(new byte[32]);
      for (PayloadCoder coder : inSession(target, suite)) {
        new Protocolv20Decoder(suite).decode(RmcpDecoder.decode(encode(coder, NUMBER)));
      }
      IpmiSession.to(target, new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()))
          .close();
    } catch (GeneralSecurityException | IpmiFailure | RuntimeException e) {
      // Only speed is lost here; a real session says what is wrong in its outcome.
      LOG.debug("{}: rehearsal ended early", target, e);
    }
  }

  private static PayloadCoder[] inSession(IpmiTarget target, CipherSuite suite) {
    AuthenticationType plus = AuthenticationType.RMCPPlus;
    return new PayloadCoder[] {
      new SetSessionPrivilegeLevel(IpmiVersion.V20, suite, plus, target.privilege()),
      new GetChassisStatus(IpmiVersion.V20, suite, plus),
      new ChassisControl(IpmiVersion.V20, suite, plus, PowerCommand.PowerDown)
    };
  }

  private static byte[] encode(PayloadCoder coder, int session) throws GeneralSecurityException {
    return Encoder.encode(new Protocolv20Encoder(), coder, NUMBER, session, session);
  }
}
