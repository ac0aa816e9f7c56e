package io.holdfast.fence.ipmi;

import io.holdfast.api.InvalidConfigException;
import java.util.function.Supplier;
import org.metricshub.ipmi.core.coding.commands.PrivilegeLevel;
import org.metricshub.ipmi.core.coding.security.AuthenticationAlgorithm;
import org.metricshub.ipmi.core.coding.security.AuthenticationRakpHmacSha1;
import org.metricshub.ipmi.core.coding.security.AuthenticationRakpHmacSha256;
import org.metricshub.ipmi.core.coding.security.CipherSuite;
import org.metricshub.ipmi.core.coding.security.SecurityConstants;

/** Where a BMC is and who asks it. */
record IpmiTarget(
    String name,
    String address,
    int port,
    String user,
    Supplier<char[]> password,
    int cipherSuite,
    PrivilegeLevel privilege) {

  /** Limits of the IPMI 2.0 specification, section 22 (user name and password commands). */
  private static final int LONGEST_USER = 16;

  static final int LONGEST_PASSWORD = 20;

  IpmiTarget {
    checkText("name", name);
    checkText("address", address);
    if (port < 1 || port > 65535) {
      throw new InvalidConfigException("port", port, "1 to 65535");
    }
    if (user.length() > LONGEST_USER || !isPrintableAscii(user)) {
      throw new InvalidConfigException(
          "user", '"' + user + '"', "at most " + LONGEST_USER + " printable ASCII characters");
    }
    if (cipherSuite != 3 && cipherSuite != 17) {
      throw new InvalidConfigException("cipherSuite", cipherSuite, "3 or 17");
    }
  }

  private static void checkText(String field, String value) {
    if (value.isBlank() || !isPrintableAscii(value)) {
      throw new InvalidConfigException(field, '"' + value + '"', "printable ASCII, not blank");
    }
  }

  static boolean isPrintableAscii(CharSequence text) {
    return text.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /** The algorithms of the cipher suite, new for every session because they keep state. */
  CipherSuite newCipherSuite() {
    return cipherSuite == 3
        ? new Unshared(
            3,
            SecurityConstants.AA_RAKP_HMAC_SHA1,
            SecurityConstants.CA_AES_CBC128,
            SecurityConstants.IA_HMAC_SHA1_96)
        : new Unshared(
            17,
            SecurityConstants.AA_RAKP_HMAC_SHA256,
            SecurityConstants.CA_AES_CBC128,
            SecurityConstants.IA_HMAC_SHA256_128);
  }

  /** Shows everything but the password. */
  @Override
  public String toString() {
    return name + " (" + user + "@" + address + ":" + port + ", cipher suite " + cipherSuite + ")";
  }

  /**
   * A suite that gives each caller its own authentication algorithm. While a session is set up the
   * library uses it in two threads at once (the sender still computes the session key when the
   * receiver already checks the answer), and its MAC is not made for that: with a shared one a
   * quick BMC is sometimes taken for one with another key.
   */
  private static final class Unshared extends CipherSuite {
    private final boolean sha1;

    Unshared(int id, byte authentication, byte confidentiality, byte integrity) {
      super((byte) id, authentication, confidentiality, integrity);
      this.sha1 = authentication == SecurityConstants.AA_RAKP_HMAC_SHA1;
    }

    @Override
    public AuthenticationAlgorithm getAuthenticationAlgorithm() {
      return sha1 ? new AuthenticationRakpHmacSha1() : new AuthenticationRakpHmacSha256();
    }
  }
}
