package io.holdfast.libvirt;

import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to libvirt, with one owner, who alone calls through it and closes it. libvirt's
 * client before 10.4 corrupts memory when threads share a connection (CVE-2024-4418), and a native
 * call on a connection that another thread closes would end the process in any version.
 */
final class Link {
  private static final Logger log = LoggerFactory.getLogger(Link.class);

  /** Told on libvirt's event loop: must be quick and must not call libvirt. */
  interface Watcher {
    /**
     * @param event virDomainEventType
     * @param detail what it means depends on the event
     */
    void onLifecycle(Link link, String domain, int event, int detail);

    void onClosed(Link link, String reason);
  }

  /** Opens up libvirt-java's connection, whose own events drop details that matter here. */
  private static final class Connection extends Connect {
    Connection(String uri) throws LibvirtException {
      super(uri);
    }

    int register(Libvirt.VirConnectDomainEventCallback callback) {
      return Libvirt.INSTANCE.virConnectDomainEventRegisterAny(
          vcp, null, LIFECYCLE, callback, null, null);
    }

    void deregister(int id) {
      Libvirt.INSTANCE.virConnectDomainEventDeregisterAny(vcp, id);
    }
  }

  private static final int LIFECYCLE = 0; // VIR_DOMAIN_EVENT_ID_LIFECYCLE

  private final Connection connection;
  // A field, because native code holds it and the garbage collector does not see that.
  private Libvirt.@Nullable VirConnectDomainEventCallback callback;
  private int callbackId = -1;

  private Link(Connection connection) {
    this.connection = connection;
  }

  /**
   * Connects. Blocks for as long as libvirt does.
   *
   * @param keepAliveSeconds how long a silence is tolerated before the peer is asked
   * @param keepAliveCount how many questions may go unanswered
   */
  static Link open(String uri, int keepAliveSeconds, int keepAliveCount) throws LibvirtException {
    Link link = new Link(new Connection(uri));
    try {
      link.keepAlive(keepAliveSeconds, keepAliveCount);
      return link;
    } catch (LibvirtException e) {
      link.close();
      throw e;
    }
  }

  private void keepAlive(int seconds, int count) throws LibvirtException {
    try {
      if (!connection.setKeepAlive(seconds, count)) {
        log.warn("the libvirt daemon does not do keepalives: a hang of it goes unnoticed");
      }
    } catch (LibvirtException e) {
      if (LibvirtErrors.number(e) != ErrorNumber.VIR_ERR_NO_SUPPORT) {
        throw e;
      }
      log.debug("a driver inside this process, which needs no keepalive");
    }
  }

  /** Reports lifecycle events and the end of the connection from now on. Called at most once. */
  void watch(Watcher watcher) throws LibvirtException {
    connection.registerCloseListener(
        (closed, reason) -> watcher.onClosed(this, "connection closed: " + reason));
    callback = (from, domain, event, detail, opaque) -> onEvent(watcher, domain, event, detail);
    callbackId = connection.register(callback);
    if (callbackId < 0) {
      throw new IllegalStateException("libvirt does not tell domain events here");
    }
  }

  Connect connection() {
    return connection;
  }

  /** Whether libvirt believes the connection to stand. Does not ask the other side. */
  boolean alive() {
    try {
      return connection.isAlive();
    } catch (LibvirtException e) {
      log.debug("isAlive: {}", LibvirtErrors.line(e));
      return false;
    }
  }

  /** Closes it on a thread of its own: a peer that hangs holds it up until the keepalive ends. */
  void closeSoon() {
    NativeCalls.daemon(this::close, "holdfast-libvirt-close").start();
  }

  private void close() {
    if (callbackId >= 0) {
      connection.deregister(callbackId);
      try {
        connection.unregisterCloseListener();
      } catch (LibvirtException e) {
        log.debug("the close listener has been called and is gone: {}", LibvirtErrors.line(e));
      }
    }
    try {
      connection.close();
    } catch (LibvirtException e) {
      log.debug("close: {}", LibvirtErrors.line(e));
    }
  }

  private int onEvent(Watcher watcher, DomainPointer domain, int event, int detail) {
    try {
      String name = Libvirt.INSTANCE.virDomainGetName(domain);
      if (name != null) {
        watcher.onLifecycle(this, name, event, detail);
      }
    } catch (RuntimeException e) {
      log.error("lifecycle event {}/{} is lost", event, detail, e);
    }
    return 0;
  }
}
