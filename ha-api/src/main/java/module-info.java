/** Holdfast's model, events and SPIs. Depends on the JDK alone at run time. */
module io.holdfast.api {
  requires static org.jspecify;

  exports io.holdfast.api;
  exports io.holdfast.api.spi;
}
