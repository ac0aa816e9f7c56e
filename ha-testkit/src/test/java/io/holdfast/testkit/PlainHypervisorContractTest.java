package io.holdfast.testkit;

import io.holdfast.api.spi.Hypervisor;

/** Whatever is not declared is refused, and what needs it is not asked for by the contract. */
class PlainHypervisorContractTest extends InMemoryHypervisorContractTest {
  @Override
  protected Hypervisor open() {
    return new PlainHypervisor(super.open());
  }
}
