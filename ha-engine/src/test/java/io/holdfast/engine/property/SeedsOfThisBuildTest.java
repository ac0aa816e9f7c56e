package io.holdfast.engine.property;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

@AddLifecycleHook(SeedsOfThisBuild.class)
class SeedsOfThisBuildTest {
  private static final List<Long> TRIED = new ArrayList<>();
  private static @Nullable String before;

  @BeforeContainer
  static void begin() {
    before = System.setProperty("sim.first", "7");
  }

  @AfterContainer
  static void end() {
    if (before == null) {
      System.clearProperty("sim.first");
    } else {
      System.setProperty("sim.first", before);
    }
    assertThat(TRIED).hasSize(3);
    assertThat(TRIED.get(0)).as("what this build tries first").isEqualTo(-23875784027627L);
  }

  @Property(tries = 3, edgeCases = EdgeCasesMode.NONE)
  void aBuildThatIsRepeatedTriesTheSame(@ForAll long value) {
    TRIED.add(value);
  }
}
