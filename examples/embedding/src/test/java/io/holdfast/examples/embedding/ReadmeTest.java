package io.holdfast.examples.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The README's example is the code that this module compiles. */
class ReadmeTest {
  private static final Path README = Path.of("..", "..", "README.md");
  private static final Path SOURCE =
      Path.of("src", "main", "java", "io", "holdfast", "examples", "embedding", "Embedding.java");

  @Test
  void theReadmeShowsTheCompiledExample() throws IOException {
    List<String> example =
        between(Files.readAllLines(SOURCE), "    // README: begin", "    // README: end");
    List<String> shown = between(Files.readAllLines(README), "```java", "```");

    assertThat(example).hasSizeLessThanOrEqualTo(30);
    assertThat(shown)
        .isEqualTo(example.stream().map(l -> l.isEmpty() ? l : l.substring(4)).toList());
  }

  private static List<String> between(List<String> lines, String begin, String end) {
    int from = lines.indexOf(begin);
    assertThat(from).as(begin).isNotNegative();
    List<String> rest = lines.subList(from + 1, lines.size());
    return rest.subList(0, rest.indexOf(end));
  }
}
