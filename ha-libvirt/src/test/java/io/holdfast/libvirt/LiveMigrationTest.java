package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LiveMigrationTest {
  private static final HostId HOST = new HostId("host2");

  @Test
  void aHostsIdIsItsAddressUnlessToldOtherwise() {
    LiveMigration plain = LiveMigration.over("qemu+tcp://%s/system");
    assertThat(plain.connectionTo(HOST)).isEqualTo("qemu+tcp://host2/system");
    assertThat(plain.dataTo(HOST)).isEmpty();
    assertThat(plain.isUnsafe()).isFalse();
    assertThat(plain.mebibytesPerSecond()).isEmpty();

    LiveMigration told =
        plain
            .dataOver("tcp://%s:49152")
            .addresses(host -> host + ".storage")
            .atMost(100)
            .evenIfUnsafe();
    assertThat(told.connectionTo(HOST)).isEqualTo("qemu+tcp://host2.storage/system");
    assertThat(told.dataTo(HOST)).contains("tcp://host2.storage:49152");
    assertThat(told.isUnsafe()).isTrue();
    assertThat(told.mebibytesPerSecond()).isEqualTo(OptionalInt.of(100));
    assertThat(plain.dataTo(HOST)).as("the one it was made from").isEmpty();
  }

  @Test
  void whatLeadsToNoHostIsRefused() {
    assertThatThrownBy(() -> LiveMigration.over("qemu+tcp://host2/system"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("liveMigration.connection");
    LiveMigration way = LiveMigration.over("qemu+tcp://%s/system");
    assertThatThrownBy(() -> way.dataOver("tcp://host2"))
        .isInstanceOf(InvalidConfigException.class);
    assertThatThrownBy(() -> way.atMost(0)).isInstanceOf(InvalidConfigException.class);
  }
}
