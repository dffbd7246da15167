package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One scenario of a script, running in a Node of its own. For one thread. */
final class NodeScript implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECONDS = 30;

  private final Process node;
  private final Path errors;
  private final BufferedReader output;

  private NodeScript(Process node, Path errors) {
    this.node = node;
    this.errors = errors;
    this.output =
        new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts it.
   *
   * @param told what the script is told, as JSON in {@code CLIENT_TEST}
   */
  static NodeScript start(String script, String scenario, Map<String, Object> told)
      throws IOException, InterruptedException {
    return start(script, scenario, told, Map.of());
  }

  /**
   * The same.
   *
   * @param environment further variables, which the SDK reads by itself
   */
  static NodeScript start(
      String script, String scenario, Map<String, Object> told, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path folder = Npm.folder();
    Path errors = Files.createTempFile(folder, "stderr", ".log");
    ProcessBuilder builder =
        new ProcessBuilder("node", script, scenario)
            .directory(folder.toFile())
            .redirectError(errors.toFile());
    // Keys and addresses of whoever runs the tests are not for them.
    builder.environment().keySet().removeIf(name -> name.matches("(OPENAI|ANTHROPIC)_.*"));
    builder.environment().put("CLIENT_TEST", JSON.writeValueAsString(told));
    builder.environment().putAll(environment);
    return new NodeScript(builder.start(), errors);
  }

  /** Runs one to its end, and gives its result. */
  static JsonNode run(String script, String scenario, Map<String, Object> told) throws Exception {
    try (NodeScript running = start(script, scenario, told)) {
      return running.result();
    }
  }

  /** What it has found, once it says so. */
  JsonNode result() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new AssertionError("the script failed:\n" + Npm.read(errors));
    }
    return JSON.readTree(line);
  }

  /** Lets it go on if it stays for that, and waits for its end. */
  @Override
  public void close() throws IOException, InterruptedException {
    node.getOutputStream().close();
    boolean ended = node.waitFor(SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      node.destroyForcibly().waitFor();
    }
    String said = Npm.read(errors);
    Files.delete(errors);
    if (!ended || node.exitValue() != 0) {
      throw new AssertionError((ended ? "the script failed:\n" : "it did not end:\n") + said);
    }
  }
}
