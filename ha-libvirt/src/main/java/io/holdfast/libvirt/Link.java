package io.holdfast.libvirt;

import com.sun.jna.Pointer;
import org.libvirt.Connect;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to libvirt. It is closed when nobody uses it any more and not before: a native
 * call on a connection that another thread closes would end the process.
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
  private final Watcher watcher;
  // A field, because native code holds it and the garbage collector does not see that.
  private final Libvirt.VirConnectDomainEventCallback callback = this::onEvent;
  private int callbackId = -1;
  private int users = 1;
  private boolean retired;

  private Link(Connection connection, Watcher watcher) {
    this.connection = connection;
    this.watcher = watcher;
  }

  /**
   * Connects and listens. Blocks for as long as libvirt does.
   *
   * @param keepAliveSeconds how long a silence is tolerated before the peer is asked
   * @param keepAliveCount how many questions may go unanswered
   */
  static Link open(String uri, int keepAliveSeconds, int keepAliveCount, Watcher watcher)
      throws LibvirtException {
    Link link = new Link(new Connection(uri), watcher);
    try {
      link.prepare(keepAliveSeconds, keepAliveCount);
      return link;
    } catch (LibvirtException e) {
      link.retire();
      throw e;
    }
  }

  private void prepare(int keepAliveSeconds, int keepAliveCount) throws LibvirtException {
    try {
      if (!connection.setKeepAlive(keepAliveSeconds, keepAliveCount)) {
        log.warn("the libvirt daemon does not do keepalives: a hang of it goes unnoticed");
      }
    } catch (LibvirtException e) {
      if (LibvirtErrors.number(e) != ErrorNumber.VIR_ERR_NO_SUPPORT) {
        throw e;
      }
      log.debug("a driver inside this process, which needs no keepalive");
    }
    connection.registerCloseListener(
        (closed, reason) -> watcher.onClosed(this, "connection closed: " + reason));
    callbackId = connection.register(callback);
    if (callbackId < 0) {
      log.warn("libvirt does not tell domain events here");
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

  /** Keeps it open until {@link #release}; false if it is too late for that. */
  synchronized boolean acquire() {
    if (retired) {
      return false;
    }
    users++;
    return true;
  }

  void release() {
    synchronized (this) {
      users--;
      if (users > 0) {
        return;
      }
    }
    // Not on the caller's thread: leaving a peer that hangs can take as long as its keepalive.
    NativeCalls.daemon(this::close, "holdfast-libvirt-close").start();
  }

  synchronized boolean retired() {
    return retired;
  }

  /** To be called by its owner: closes it as soon as the last user is done. */
  void retire() {
    synchronized (this) {
      if (retired) {
        return;
      }
      retired = true;
    }
    release();
  }

  private void close() {
    if (callbackId >= 0) {
      connection.deregister(callbackId);
    }
    try {
      connection.unregisterCloseListener();
    } catch (LibvirtException e) {
      log.debug("the close listener has been called and is gone: {}", LibvirtErrors.line(e));
    }
    try {
      connection.close();
    } catch (LibvirtException e) {
      log.debug("close: {}", LibvirtErrors.line(e));
    }
  }

  private int onEvent(
      ConnectionPointer from, DomainPointer domain, int event, int detail, Pointer opaque) {
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
