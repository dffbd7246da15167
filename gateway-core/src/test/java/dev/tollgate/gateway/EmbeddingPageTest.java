package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The code of docs/embedding.md is the examples' code. A block stands behind a comment that names a
 * file and a region of it; a region is what is between {@code docs: NAME} and {@code end} there.
 */
class EmbeddingPageTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern BLOCK =
      Pattern.compile("(?:<!-- (\\S+) (\\S+) -->\n)?```(\\w*)\n(.*?)\n```\n", Pattern.DOTALL);
  private static final Pattern BEGIN = Pattern.compile("(?://|<!--) docs: (\\S+)(?: -->)?");
  private static final Pattern END = Pattern.compile("// end|<!-- end -->");

  private record Block(String file, String region, String code) {
    String name() {
      return file + " " + region;
    }
  }

  private static List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(Files.readString(ROOT.resolve("docs/embedding.md")));
    while (block.find()) {
      blocks.add(new Block(block.group(1), block.group(2), block.group(4)));
    }
    return blocks;
  }

  private static String region(Block block) throws IOException {
    List<String> lines = new ArrayList<>();
    boolean within = false;
    for (String line : Files.readAllLines(ROOT.resolve(block.file))) {
      Matcher begin = BEGIN.matcher(line.trim());
      if (begin.matches() && begin.group(1).equals(block.region)) {
        within = true;
      } else if (END.matcher(line.trim()).matches()) {
        within = false;
      } else if (within) {
        lines.add(line);
      }
    }
    return String.join("\n", lines).stripTrailing().stripIndent().stripLeading();
  }

  @Test
  void everyBlockIsTheCodeThatIsTested() throws Exception {
    assertThat(blocks()).isNotEmpty();
    for (Block block : blocks()) {
      assertThat(block.file).as("the source of the block:\n" + block.code).isNotNull();
      assertThat(block.code).as(block.name()).isEqualTo(region(block));
    }
  }

  @Test
  void whatIsMarkedForThePageStandsOnIt() throws Exception {
    Set<String> marked = new TreeSet<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("examples"))) {
      for (Path file :
          files
              .filter(f -> f.toString().endsWith(".java") || f.endsWith("pom.xml"))
              .filter(f -> !f.toString().contains("/target/"))
              .toList()) {
        for (String line : Files.readAllLines(file)) {
          Matcher begin = BEGIN.matcher(line.trim());
          if (begin.matches()) {
            marked.add(ROOT.relativize(file) + " " + begin.group(1));
          }
        }
      }
    }
    Set<String> shown = new TreeSet<>();
    blocks().forEach(block -> shown.add(block.name()));
    assertThat(shown).isEqualTo(marked);
  }
}
