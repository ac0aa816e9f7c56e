package io.holdfast.examples.embedding;

import io.holdfast.api.spi.HostPreference;
import io.holdfast.testkit.HostPreferenceContract;

class LicensedLastTest extends HostPreferenceContract {
  @Override
  protected HostPreference preference() {
    return new LicensedLast();
  }
}
