/** The engine: controller, host agent, placement and simulator. */
module io.holdfast.engine {
  requires transitive io.holdfast.api;
  requires static org.jspecify;
  requires com.google.common;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jdk8;
  requires org.slf4j;
  requires jdk.unsupported;

  exports io.holdfast.engine;
  exports io.holdfast.engine.json;
  exports io.holdfast.engine.lease;
  exports io.holdfast.engine.lease.io;
  exports io.holdfast.engine.placement;
  exports io.holdfast.engine.planning;
  exports io.holdfast.engine.sim;
  exports io.holdfast.engine.sim.scenario;

  opens io.holdfast.engine.record to
      com.fasterxml.jackson.databind;
  opens io.holdfast.engine.core to
      com.fasterxml.jackson.databind;
}
