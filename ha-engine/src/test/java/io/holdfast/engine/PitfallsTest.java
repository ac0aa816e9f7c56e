package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page on pitfalls names a test for every lesson, and every test that it names exists. */
class PitfallsTest {
  private static final Path ROOT = Path.of("..");
  private static final int LESSONS = 46;
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");
  private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*)(?:\\.(\\w+))?`");
  private static final Pattern OF_LESSON = Pattern.compile("pitfall([0-9]{2})[A-Z]\\w*");

  /** One row of the page; most have one lesson, a few have two. */
  private record Row(List<Integer> lessons, List<MatchResult> tests) {
    static Row of(String line) {
      String[] cells = line.split(" \\| ", 3);
      List<Integer> lessons =
          NUMBER.matcher(cells[0]).results().map(m -> Integer.valueOf(m.group())).toList();
      return new Row(lessons, NAMED.matcher(cells[2]).results().toList());
    }

    /** The lessons that the tests of this row are named after. */
    List<Integer> namedAfter() {
      return tests.stream()
          .filter(test -> test.group(2) != null)
          .flatMap(test -> OF_LESSON.matcher(test.group(2)).results())
          .map(lesson -> Integer.valueOf(lesson.group(1)))
          .toList();
    }
  }

  @Test
  void everyLessonHasATestThatIsNamedAfterIt() throws IOException {
    SortedSet<Integer> named = new TreeSet<>();
    for (Row row : rows()) {
      assertThat(row.lessons()).as("%s", row).containsAll(row.namedAfter());
      named.addAll(row.namedAfter());
    }
    assertThat(named).containsExactlyElementsOf(IntStream.rangeClosed(1, LESSONS).boxed().toList());
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    SortedMap<String, String> sources = sources();
    List<String> missing = new ArrayList<>();
    for (Row row : rows()) {
      assertThat(row.tests()).as("%s", row).isNotEmpty();
      for (MatchResult test : row.tests()) {
        String source = sources.getOrDefault(test.group(1) + ".java", "");
        String method = test.group(2);
        if (source.isEmpty() || (method != null && !source.contains("void " + method + "("))) {
          missing.add(test.group());
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  private static List<Row> rows() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs/pitfalls.md")).stream()
        .filter(line -> line.startsWith("| ") && line.contains("`"))
        .map(Row::of)
        .toList();
  }

  private static SortedMap<String, String> sources() throws IOException {
    SortedMap<String, String> sources = new TreeMap<>();
    List<Path> modules;
    try (Stream<Path> entries = Files.list(ROOT)) {
      modules = entries.map(module -> module.resolve("src")).filter(Files::isDirectory).toList();
    }
    for (Path module : modules) {
      try (Stream<Path> files = Files.walk(module)) {
        files
            .filter(file -> file.toString().matches(".*(Test|Contract)\\.java"))
            .forEach(file -> sources.put(file.getFileName().toString(), textOf(file)));
      }
    }
    return sources;
  }

  private static String textOf(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
