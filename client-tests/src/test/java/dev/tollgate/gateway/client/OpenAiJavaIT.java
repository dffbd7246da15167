package dev.tollgate.gateway.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What openai-java is used for, through a gateway. */
class OpenAiJavaIT extends ClientTest {
  /** A schema for an answer. */
  static final class City {
    public String city;
    public int population;
  }

  /** A tool. */
  static final class GetWeather {
    public String city;
  }

  private OpenAIClient client;

  @BeforeEach
  void connect() {
    // docs: client
    client = OpenAIOkHttpClient.builder().baseUrl(url + "/api/v1").apiKey(key).build();
    // end
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static ChatCompletionCreateParams.Builder chat(String model) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage("Hello");
  }

  private static ResponseCreateParams response(String model) {
    return ResponseCreateParams.builder().model(model).input("Hello").build();
  }

  private static String textOf(Response response) {
    return response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .map(content -> content.asOutputText().text())
        .collect(joining());
  }

  private ChatCompletion stream(ChatCompletionCreateParams params) {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(params)) {
      chunks.stream().forEach(whole::accumulate);
    }
    return whole.chatCompletion();
  }

  @Test
  void chatIsAnswered() {
    ChatCompletion answer = client.chat().completions().create(chat(MODEL).build());

    assertThat(answer.choices().get(0).message().content()).contains(ChatAnswers.TEXT);
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(4);
    assertCharged(1);
  }

  @Test
  void chatIsStreamed() {
    ChatCompletion answer = stream(chat(MODEL).build());

    assertThat(answer.choices().get(0).message().content()).contains(ChatAnswers.TEXT);
    assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(Call.PROMPT_TOKENS);
    assertCharged(1);
  }

  @Test
  void chatIsAnsweredAsynchronously() throws Exception {
    ChatCompletion answer =
        client.async().chat().completions().create(chat(MODEL).build()).get(10, TimeUnit.SECONDS);

    assertThat(answer.choices().get(0).message().content()).contains(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void chatIsStreamedAsynchronously() throws Exception {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();

    client
        .async()
        .chat()
        .completions()
        .createStreaming(chat(MODEL).build())
        .subscribe(whole::accumulate)
        .onCompleteFuture()
        .get(10, TimeUnit.SECONDS);

    assertThat(whole.chatCompletion().choices().get(0).message().content())
        .contains(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void toolIsCalledAndItsResultTold() {
    ChatCompletionCreateParams.Builder turns = chat(MODEL).addTool(GetWeather.class);
    ChatCompletion called = client.chat().completions().create(turns.build());

    assertThat(answerToCall(turns, called)).isEqualTo("The tool says: sunny in Oslo");
    assertCharged(2);
  }

  @Test
  void toolCallIsStreamedInPieces() {
    ChatCompletionCreateParams.Builder turns = chat(MODEL).addTool(GetWeather.class);
    ChatCompletion called = stream(turns.build());

    assertThat(answerToCall(turns, called)).isEqualTo("The tool says: sunny in Oslo");
    assertCharged(2);
  }

  /** Does what the tool does, and gives back what is said to its result. */
  private String answerToCall(ChatCompletionCreateParams.Builder turns, ChatCompletion called) {
    ChatCompletionMessage message = called.choices().get(0).message();
    ChatCompletionMessageFunctionToolCall call =
        message.toolCalls().orElseThrow().get(0).asFunction();
    String result = "sunny in " + call.function().arguments(GetWeather.class).city;
    turns
        .addMessage(message)
        .addMessage(
            ChatCompletionToolMessageParam.builder().toolCallId(call.id()).content(result).build());
    return stream(turns.build()).choices().get(0).message().content().orElseThrow();
  }

  @Test
  void structuredOutputIsRead() {
    City city =
        client
            .chat()
            .completions()
            .create(chat(MODEL).responseFormat(City.class).build())
            .choices()
            .get(0)
            .message()
            .content()
            .orElseThrow();

    assertThat(city.city).isEqualTo("Oslo");
    assertThat(city.population).isEqualTo(717_710);
    assertCharged(1);
  }

  @Test
  void embeddingsComeInBase64UnlessAskedOtherwise() {
    CreateEmbeddingResponse answer =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model(MODEL)
                    .inputOfArrayOfStrings(List.of("one", "two"))
                    .build());

    assertThat(answer.data()).hasSize(2);
    assertThat(answer.data().get(1).embedding()).containsExactly(0.25f, -0.5f, 1.0f);
    assertCharged(1);
  }

  @Test
  void embeddingsComeAsNumbers() {
    CreateEmbeddingResponse answer =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model(MODEL)
                    .input("one")
                    .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                    .build());

    assertThat(answer.data().get(0).embedding()).containsExactly(0.25f, -0.5f, 1.0f);
    assertThat(answer.usage().promptTokens()).isEqualTo(Call.PROMPT_TOKENS);
    assertCharged(1);
  }

  @Test
  void responseIsCreated() {
    Response response = client.responses().create(response(MODEL));

    assertThat(textOf(response)).isEqualTo(ChatAnswers.TEXT);
    assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(4);
    assertCharged(1);
  }

  @Test
  void responseIsReadAsStructuredOutput() {
    City city =
        client
            .responses()
            .create(ResponseCreateParams.builder().model(MODEL).input("?").text(City.class).build())
            .output()
            .get(0)
            .asMessage()
            .content()
            .get(0)
            .asOutputText();

    assertThat(city.city).isEqualTo("Oslo");
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {OpenRouterUpstream.MODEL, OpenRouterUpstream.NAMED_EVENTS})
  void responseIsStreamedWithAndWithoutNamesOfEvents(String model) {
    ResponseAccumulator whole = ResponseAccumulator.create();
    StringBuilder deltas = new StringBuilder();
    try (StreamResponse<ResponseStreamEvent> events =
        client.responses().createStreaming(response(model))) {
      events.stream()
          .peek(whole::accumulate)
          .flatMap(event -> event.outputTextDelta().stream())
          .forEach(delta -> deltas.append(delta.delta()));
    }

    assertThat(deltas).hasToString(ChatAnswers.TEXT);
    assertThat(textOf(whole.response())).isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void completionOfTheOldKindIsAnswered() {
    CompletionCreateParams params =
        CompletionCreateParams.builder().model(MODEL).prompt("Hello").build();

    assertThat(client.completions().create(params).choices().get(0).text())
        .isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void completionOfTheOldKindIsStreamed() {
    CompletionCreateParams params =
        CompletionCreateParams.builder().model(MODEL).prompt("Hello").build();
    try (var chunks = client.completions().createStreaming(params)) {
      assertThat(chunks.stream().map(chunk -> chunk.choices().get(0).text()).collect(joining()))
          .isEqualTo(ChatAnswers.TEXT);
    }
    assertCharged(1);
  }

  @Test
  void modelsAreListedForNothing() {
    assertThat(client.models().list().data())
        .extracting(Model::id)
        .containsExactly(MODEL, OpenRouterUpstream.ENDLESS);
    assertCharged(0);
  }

  @Test
  void pinatasPathTakesTheSameClient() {
    OpenAIClient pinata = client.withOptions(options -> options.baseUrl(url + "/v0/llm"));

    ChatCompletion answer = pinata.chat().completions().create(chat(MODEL).build());

    assertThat(answer.choices().get(0).message().content()).contains(ChatAnswers.TEXT);
    assertThat(new String(upstream.calls().get(0).body(), UTF_8)).contains("\"max_tokens\":4096");
    assertCharged(1);
  }

  @Test
  void streamThatIsClosedEndsAtTheUpstreamAndIsChargedAsFarAsItCame() throws Exception {
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(chat(OpenRouterUpstream.ENDLESS).build())) {
      assertThat(chunks.stream().limit(3)).hasSize(3);
    }

    upstream.awaitAbandoned();
    assertCharged(1);
  }
}
