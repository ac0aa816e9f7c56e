package io.holdfast.api;

/**
 * What a hypervisor needs to start a workload: for libvirt the domain XML. Opaque to the engine.
 *
 * @param text not empty, at most 512 KiB; may hold secrets, so {@link #toString} does not show it
 */
public record Definition(String text) {
  /** The largest text accepted, in characters. */
  public static final int MAX_LENGTH = 512 * 1024;

  public Definition {
    if (text.isBlank() || text.length() > MAX_LENGTH) {
      throw new InvalidConfigException(
          "definition.text", text.length() + " characters", "1 to " + MAX_LENGTH + ", not blank");
    }
  }

  @Override
  public String toString() {
    return "Definition[" + text.length() + " characters]";
  }
}
