package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.Superblock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaseCommandTest {
  private static final Layout LAYOUT = new Layout(4096, 4, 2);

  @TempDir private Path folder;

  private Path device() {
    return folder.resolve("leases");
  }

  private HactlRun init(String... more) {
    String[] args = {
      "lease", "init", device().toString(), "--cluster", "prod", "--hosts", "4", "--locks", "2"
    };
    String[] all = Arrays.copyOf(args, args.length + more.length);
    for (int i = 0; i < more.length; i++) {
      all[args.length + i] = more[i];
    }
    return HactlRun.of(all);
  }

  private HactlRun lease(String command, String... more) {
    String[] all =
        Arrays.copyOf(new String[] {"lease", command, device().toString()}, 3 + more.length);
    for (int i = 0; i < more.length; i++) {
      all[3 + i] = more[i];
    }
    return HactlRun.of(all);
  }

  private static JsonNode json(HactlRun run) throws IOException {
    return new JsonMapper().readTree(run.out());
  }

  private void overwrite(long offset, byte[] bytes) throws IOException {
    try (var channel = Files.newByteChannel(device(), StandardOpenOption.WRITE)) {
      channel.position(offset).write(ByteBuffer.wrap(bytes));
    }
  }

  private LeaseFormat format() throws IOException {
    Superblock superblock =
        LeaseFormat.superblock(
                device().toString(), Files.readAllBytes(device()), Files.size(device()), 512)
            .sound()
            .orElseThrow();
    return new LeaseFormat(device().toString(), superblock);
  }

  @Test
  void aFileThatIsNotThereIsMadeAndIsSound() throws IOException {
    HactlRun run = init();
    assertThat(run.status()).as("%s", run.err()).isZero();
    assertThat(run.out())
        .startsWith("initialised " + device() + ": cluster prod, device ")
        .contains(", 1 of 1, 4 hosts, 2 locks, slots of 4096 bytes, 53248 bytes in all");
    assertThat(Files.size(device())).isEqualTo(LAYOUT.size());
    HactlRun verified = lease("verify");
    assertThat(verified.status()).isZero();
    assertThat(verified.out()).isEqualTo(device() + ": 13 blocks read, nothing is wrong\n");
  }

  @Test
  void initTellsAsDataWhatItHasDone() throws IOException {
    JsonNode all = json(init("--json"));
    assertThat(all.get("initialised").booleanValue()).isTrue();
    JsonNode told = all.get("devices").get(0);
    assertThat(told.get("cluster").textValue()).isEqualTo("prod");
    assertThat(told.get("devices").intValue()).isEqualTo(1);
    assertThat(told.get("id").textValue()).hasSize(32);
    assertThat(told.get("size").longValue()).isEqualTo(LAYOUT.size());
  }

  @Test
  void whatHoldsSomethingIsLeftAsItIsUnlessThatIsGivenUp() throws IOException {
    byte[] bytes = "a file system, say".getBytes(StandardCharsets.UTF_8);
    Files.write(device(), bytes);
    HactlRun run = init();
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .isEqualTo(
            "no: "
                + device()
                + " is left as it is: it holds something from byte 0 on (--force gives that up)\n");
    assertThat(Files.readAllBytes(device())).isEqualTo(bytes);
    assertThat(json(init("--json")).get("devices").get(0).get("reason").textValue())
        .isEqualTo("it holds something from byte 0 on");
    assertThat(init("--force").status()).isZero();
    assertThat(lease("verify").status()).isZero();
    String id = format().superblock().device().toString();
    assertThat(init().out()).contains("it is a lease device of cluster prod, " + id);
    assertThat(format().superblock().device()).hasToString(id);
  }

  @Test
  void severalAreInitialisedTogetherOrNotAtAll() throws IOException {
    String second = folder.resolve("second").toString();
    Files.write(folder.resolve("second"), new byte[] {1});
    HactlRun run = init(second);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).contains(second + " is left as it is").hasLineCount(1);
    assertThat(device()).as("the first is not made").doesNotExist();
    JsonNode devices = json(init(second, "--force", "--json")).get("devices");
    assertThat(devices.get(0).get("set")).isEqualTo(devices.get(1).get("set"));
    assertThat(devices.get(0).get("id")).isNotEqualTo(devices.get(1).get("id"));
    assertThat(lease("show").out()).contains(", 1 of 2 of set ");
    assertThat(HactlRun.of("lease", "show", second).out()).contains(", 2 of 2 of set ");
  }

  @Test
  void oneDeviceIsNotTakenForTwoByWhateverName() throws IOException {
    Files.createFile(device());
    Path link = Files.createSymbolicLink(folder.resolve("link"), device());
    Path hard = Files.createLink(folder.resolve("hard"), device());
    Path round = folder.resolve("x").resolve("..").resolve("leases");
    Files.createDirectory(folder.resolve("x"));
    for (Path same : new Path[] {device(), link, hard, round}) {
      HactlRun run = init(same.toString());
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err())
          .contains(device() + " and " + same + ": found one device twice, allowed: different ones")
          .hasLineCount(1);
    }
    assertThat(Files.size(device())).isZero();
    Path none = folder.resolve("none");
    assertThat(
            HactlRun.of("lease", "init", none.toString(), none.toString(), "--cluster", "prod")
                .status())
        .isEqualTo(2);
    assertThat(none).doesNotExist();
  }

  @Test
  void whatIsRefusedLeavesNoFileBehind() throws IOException {
    String folderIsNoDevice = folder.toString();
    assertThat(init(folderIsNoDevice).status()).isEqualTo(2);
    assertThat(device()).doesNotExist();
    String noFolder = folder.resolve("x/y").toString();
    assertThat(init(noFolder).status()).isEqualTo(2);
    assertThat(device()).doesNotExist();
  }

  @Test
  void aFileSystemThatDoesNotAnswerKeepsNobody() {
    CountDownLatch never = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                LeaseTarget.asked(
                    Path.of("/far/away"),
                    Duration.ofMillis(20),
                    () -> {
                      never.await();
                      return true;
                    }))
        .isInstanceOf(BadInputException.class)
        .hasMessage("/far/away: its file system has not answered within PT0.02S");
    never.countDown();
  }

  @Test
  void aSlotThatCannotBeReadIsCleared() throws IOException {
    init();
    overwrite(LAYOUT.hostOffset(3) + 300, new byte[] {1});
    HactlRun run = lease("clear", "--slot", "3", "--wait", "PT0.01S", "--coherent", "--force");
    assertThat(run.status()).as("%s", run.err()).isZero();
    assertThat(run.out()).isEqualTo("cleared slot 3 on 1 devices\n");
    assertThat(lease("verify").status()).isZero();
    overwrite(LAYOUT.blockOffset(1, 2), new byte[4096]);
    assertThat(
            json(lease(
                    "clear", "--lock", "1", "--wait", "PT0.01S", "--coherent", "--force", "--json"))
                .get("cleared")
                .booleanValue())
        .isTrue();
    assertThat(lease("verify").status()).isZero();
  }

  @Test
  void aLockThatIsNotThereIsToldOfWithItsDevice() {
    HactlRun.of("lease", "init", device().toString(), "--cluster", "prod", "--locks", "0");
    HactlRun run = lease("clear", "--lock", "0", "--wait", "PT0.01S", "--coherent", "--force");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(device() + ": lock: found 0, allowed: none").hasLineCount(1);
  }

  @Test
  void aLockOfSeveralDevicesIsNotClearedOnOne() {
    init(folder.resolve("second").toString());
    HactlRun run = lease("clear", "--lock", "1", "--wait", "PT0.01S", "--coherent", "--force");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).startsWith("no: " + device()).contains("on all of them or on none");
  }

  @Test
  void aSlotIsNotClearedSoonerThanItsHolderHasEnded() throws IOException {
    init();
    overwrite(LAYOUT.hostOffset(2), format().encode(new HostSlot(2, Optional.of(holder()))));
    HactlRun run = lease("clear", "--slot", "2", "--wait", "PT25S", "--coherent", "--force");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .startsWith("no: " + device() + " at byte 12288: CONTRADICTORY: h3, incarnation 7")
        .endsWith("relies on it for PT26S: PT25S is too short\n");
    assertThat(lease("show").out()).contains("hosts: 1 of 4\n");
  }

  private static HostSlot.Holder holder() {
    return new HostSlot.Holder(
        new HostId("h3"),
        new Incarnation(7),
        12,
        255,
        false,
        Duration.ofSeconds(16),
        Duration.ofSeconds(5));
  }

  @Test
  void showTellsWhoHasWhat() throws IOException {
    init();
    LeaseFormat format = format();
    HostSlot.Holder holder = holder();
    overwrite(LAYOUT.hostOffset(2), format.encode(new HostSlot(2, Optional.of(holder))));
    LockBlock.Owner owner = new LockBlock.Owner(2, holder.host(), holder.incarnation());
    overwrite(
        LAYOUT.blockOffset(1, 2),
        format.encode(
            new LockBlock(
                1,
                2,
                Optional.of(WorkloadId.parse("vm:101")),
                3,
                7,
                7,
                Optional.of(owner),
                Optional.of(new LockBlock.Ownership(3, owner, false)),
                255)));
    HactlRun run = lease("show");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("hosts: 1 of 4\n")
        .contains(
            "     2  h3, incarnation 7, renewal 12, writer 00000000000000ff, valid for PT16S,"
                + " watchdog of PT5S\n")
        .contains("locks: 1 of 2\n")
        .contains("     1  vm:101, held by h3, incarnation 7, token 3\n")
        .doesNotContain("wrong");
    JsonNode told = json(lease("show", "--json"));
    assertThat(told.get("hosts"))
        .hasToString(
            "[{\"slot\":2,\"host\":\"h3\",\"incarnation\":7,\"sequence\":12,"
                + "\"writer\":\"00000000000000ff\",\"released\":false,\"validity\":\"PT16S\","
                + "\"watchdogPeriod\":\"PT5S\"}]");
    assertThat(told.get("locks"))
        .hasToString(
            "[{\"lock\":1,\"workload\":\"vm:101\",\"owner\":{\"slot\":2,\"host\":\"h3\","
                + "\"incarnation\":7},\"token\":3,\"released\":false}]");
    assertThat(told.get("findings")).isEmpty();
  }

  @Test
  void verifyTellsWhatIsWrongAndWhere() throws IOException {
    init();
    overwrite(LAYOUT.hostOffset(3) + 300, new byte[] {1});
    HactlRun run = lease("verify");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .startsWith("wrong: " + device() + " at byte 16384: DAMAGED: checksum ")
        .endsWith(device() + ": 13 blocks read, 1 of them are wrong\n");
    JsonNode told = json(lease("verify", "--json"));
    assertThat(told.get("sound").booleanValue()).isFalse();
    assertThat(told.get("findings").get(0).get("kind").textValue()).isEqualTo("DAMAGED");
    assertThat(told.get("findings").get(0).get("offset").longValue()).isEqualTo(16384);
    assertThat(lease("show").status()).as("it is a lease device").isZero();
    assertThat(lease("show").out()).contains("wrong: " + device() + " at byte 16384");
  }

  @Test
  void whatIsNoLeaseDeviceIsToldSo() throws IOException {
    Files.write(device(), new byte[8192]);
    for (String command : new String[] {"show", "verify"}) {
      HactlRun run = lease(command);
      assertThat(run.status()).isEqualTo(1);
      assertThat(run.out())
          .contains("wrong: " + device() + " at byte 0: BLANK: zeros instead of HOLDFAST\n");
    }
    init("--force");
    Files.write(device(), Arrays.copyOf(Files.readAllBytes(device()), 20000));
    assertThat(lease("verify").out()).contains("TRUNCATED: the device has 20000 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "init DIR --cluster prod|found a directory, allowed: a file or a block device",
        "init DIR/x/y --cluster prod|found no such folder, allowed: a file in a folder that is"
            + " there",
        "init /dev/holdfast-none --cluster prod|found no such device, allowed: one that is there",
        "init DIR/d|--cluster",
        "init DIR/d --cluster a/b|device.cluster: found \"a/b\"",
        "init DIR/d --cluster prod --hosts 0|device.hosts: found 0, allowed: 1 to 2000",
        "init DIR/d --cluster prod --locks -1|device.locks: found -1, allowed: 0 to 100000",
        "init DIR/d --cluster prod --slot-size 5000|device.slotSize: found 5000, allowed: a power",
        "show DIR/none|found no such file, allowed: a file or a block device that can be read",
        "verify DIR/none|found no such file",
        "verify DIR/none --io-timeout PT0S|--io-timeout: found PT0S, allowed: PT0.001S to PT1H",
        "verify|DEVICE",
        "clear DIR/none --slot 1 --wait PT1S|--force",
        "clear DIR/none --slot 1 --force|--wait",
        "clear DIR/none --wait PT1S --force|--slot",
        "clear DIR/none --slot 1 --lock 2 --wait PT1S --force|--lock",
        "clear DIR/none --slot 1 --wait PT25H --force|--wait: found PT25H, allowed: PT0.001S to"
            + " PT24H",
        "clear DIR/none --slot 1 --wait PT1S --force|found no such file",
      })
  void whatIsWrongIsToldInOneLine(String line, String message) {
    HactlRun run = HactlRun.of(("lease " + line.replace("DIR", folder.toString())).split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message).hasLineCount(1);
    assertThat(folder.resolve("d")).doesNotExist();
  }

  @Test
  void aCommandIsNeeded() {
    HactlRun run = HactlRun.of("lease");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1);
    assertThat(HactlRun.of("lease", "--help").out()).contains("init").contains("verify");
    assertThat(HactlRun.of("lease", "init", "--help").out()).contains("--force");
  }
}
