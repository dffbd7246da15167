package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * docs/clients.md says what the tests do: its code is theirs, its versions are those of the build.
 */
class ClientsPageTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern BLOCK =
      Pattern.compile("<!-- (\\S+) -->\n```\\w+\n(.*?)\n```\n", Pattern.DOTALL);
  private static final Pattern REGION =
      Pattern.compile("^ *// docs: client\n(.*?)\n *// end$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern VERSION =
      Pattern.compile("<(?:openai-java|langchain4j)\\.version>(.*?)<");

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  @Test
  void everyBlockIsTheCodeThatIsTested() throws Exception {
    List<MatchResult> blocks = BLOCK.matcher(read("docs/clients.md")).results().toList();

    assertThat(blocks).hasSize(4);
    for (MatchResult block : blocks) {
      List<String> regions =
          REGION
              .matcher(read(block.group(1)))
              .results()
              .map(region -> region.group(1).stripIndent())
              .toList();
      assertThat(regions).as(block.group(1)).containsExactly(block.group(2));
    }
  }

  @Test
  void everyVersionIsTheOneThatIsTested() throws Exception {
    List<String> versions = new ArrayList<>();
    VERSION.matcher(read("pom.xml")).results().forEach(match -> versions.add(match.group(1)));
    JsonNode npm =
        new ObjectMapper()
            .readTree(read("client-tests/src/test/resources/npm/package.json"))
            .path("dependencies");
    versions.add(npm.path("openai").asText());
    versions.add(npm.path("@openrouter/sdk").asText());
    versions.add(
        npm.path("@anthropic-ai/sdk").asText()
            + ", "
            + npm.path("anthropic-sdk-0").asText().replaceFirst(".*@", ""));

    assertThat(versions).hasSize(5);
    String page = read("docs/clients.md");
    for (String version : versions) {
      assertThat(page).contains("| " + version + " |");
    }
  }
}
