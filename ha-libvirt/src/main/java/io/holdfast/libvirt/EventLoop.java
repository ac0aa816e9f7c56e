package io.holdfast.libvirt;

import com.sun.jna.Pointer;
import java.util.concurrent.TimeUnit;
import org.libvirt.Connect;
import org.libvirt.ErrorCallback;
import org.libvirt.Library;
import org.libvirt.LibvirtException;
import org.libvirt.jna.virError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libvirt has one event loop per process: events, keepalives and closed connections of every
 * hypervisor come through it. It is made before the first connection and then runs for good, on a
 * daemon thread; this is the one thing in this module that is shared by all.
 */
final class EventLoop {
  private static final Logger log = LoggerFactory.getLogger(EventLoop.class);

  /** Errors arrive as exceptions as well; without this, libvirt prints them to standard error. */
  private static final ErrorCallback SILENCE =
      new ErrorCallback() {
        @Override
        public void errorCallback(Pointer userData, virError error) {}
      };

  private static boolean running;

  private EventLoop() {}

  /**
   * Starts it if it does not run.
   *
   * @throws IllegalStateException if libvirt cannot be loaded or refuses
   */
  static synchronized void start() {
    if (running) {
      return;
    }
    try {
      Connect.setErrorCallback(SILENCE);
      Library.initEventLoop();
    } catch (LibvirtException | LinkageError e) {
      throw new IllegalStateException("libvirt cannot be used in this process", e);
    }
    NativeCalls.daemon(EventLoop::run, "holdfast-libvirt-loop").start();
    running = true;
  }

  private static void run() {
    try {
      while (true) {
        try {
          Library.runEventLoop();
        } catch (LibvirtException e) {
          log.warn("libvirt's event loop: {}", LibvirtErrors.line(e));
          TimeUnit.MILLISECONDS.sleep(100);
        }
      }
    } catch (InterruptedException e) {
      log.error("libvirt's event loop was interrupted: its events and keepalives end here", e);
    }
  }
}
