package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootMarkTest {
  private static final Epoch FOLLOWED = new Epoch(3);

  @TempDir Path directory;

  @Test
  void theFirstAgentOfABootIsTheFirst() throws IOException {
    assertThat(isAgain("a", Epoch.NONE)).isFalse();
    assertThat(isAgain("a", Epoch.NONE)).isTrue();
    assertThat(isAgain("b", FOLLOWED)).isFalse();
    assertThat(isAgain("b", FOLLOWED)).isTrue();
  }

  @Test
  void anAgentThatLeftNoMarkMayHaveRunInThisBoot() throws IOException {
    assertThat(isAgain("a", FOLLOWED)).isTrue();
  }

  @Test
  void whereBootsHaveNoNameAnyEarlierAgentMayHaveBeenOfThisOne() throws IOException {
    assertThat(BootMark.isAgain(directory, Optional.empty(), Epoch.NONE)).isFalse();
    assertThat(BootMark.isAgain(directory, Optional.empty(), FOLLOWED)).isTrue();
  }

  private boolean isAgain(String boot, Epoch followed) throws IOException {
    return BootMark.isAgain(directory, Optional.of(boot), followed);
  }
}
