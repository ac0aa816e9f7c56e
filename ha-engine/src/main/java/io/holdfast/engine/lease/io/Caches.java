package io.holdfast.engine.lease.io;

/** What is known of the caches between a host and the devices that it shares with others. */
public enum Caches {
  /**
   * Nothing: only devices that are opened past them are used. Of any other a host may be shown for
   * ever what it has read once, and would call the one dead who writes there all the time.
   */
  UNKNOWN,
  /**
   * The file system shows every host what any other has written, also through its caches; or only
   * one host uses the devices. Nothing here can find out whether that is true.
   */
  COHERENT
}
