package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What LangChain4j is used for, through a gateway. */
class LangChain4jIT extends ClientTest {
  /** An assistant, as LangChain4j makes it of an interface. */
  interface Assistant {
    String chat(String text);
  }

  /** The same, word by word. */
  interface StreamingAssistant {
    TokenStream chat(String text);
  }

  /** Tools for an assistant. */
  static final class Tools {
    @Tool("The weather in a city")
    String weather(@P("The city") String city) {
      return "sunny in " + city;
    }
  }

  private ChatModel model(String apiKey) {
    return OpenAiChatModel.builder()
        .baseUrl(url + "/api/v1")
        .apiKey(apiKey)
        .modelName(MODEL)
        .maxRetries(0)
        .build();
  }

  private StreamingChatModel streamingModel(String name) {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(url + "/api/v1")
        .apiKey(key)
        .modelName(name)
        .build();
  }

  @Test
  void chatIsAnswered() {
    // docs: client
    ChatModel model =
        OpenAiChatModel.builder()
            .baseUrl(url + "/api/v1")
            .apiKey(key)
            .modelName("acme/parrot")
            .build();
    // end

    assertThat(model.chat("Hello")).isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void chatIsStreamed() throws Exception {
    StringBuilder words = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    streamingModel(MODEL)
        .chat(
            "Hello",
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String word) {
                words.append(word);
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                whole.completeExceptionally(error);
              }
            });

    ChatResponse response = whole.get(10, TimeUnit.SECONDS);
    assertThat(response.aiMessage().text()).isEqualTo(ChatAnswers.TEXT);
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(4);
    assertThat(words).hasToString(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void assistantUsesItsTool() {
    Assistant assistant =
        AiServices.builder(Assistant.class).chatModel(model(key)).tools(new Tools()).build();

    assertThat(assistant.chat("Weather?")).isEqualTo("The tool says: sunny in Oslo");
    assertCharged(2);
  }

  @Test
  void streamingAssistantUsesItsTool() throws Exception {
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    AiServices.builder(StreamingAssistant.class)
        .streamingChatModel(streamingModel(MODEL))
        .tools(new Tools())
        .build()
        .chat("Weather?")
        .onPartialResponse(word -> {})
        .onCompleteResponse(whole::complete)
        .onError(whole::completeExceptionally)
        .start();

    assertThat(whole.get(10, TimeUnit.SECONDS).aiMessage().text())
        .isEqualTo("The tool says: sunny in Oslo");
    assertCharged(2);
  }

  @Test
  void streamThatIsCancelledEndsAtTheUpstream() throws Exception {
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    streamingModel(OpenRouterUpstream.ENDLESS)
        .chat(
            "Hello",
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(PartialResponse word, PartialResponseContext context) {
                context.streamingHandle().cancel();
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                whole.completeExceptionally(error);
              }
            });

    upstream.awaitAbandoned();
    assertCharged(1);
  }

  @Test
  void textsAreEmbedded() {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder()
            .baseUrl(url + "/api/v1")
            .apiKey(key)
            .modelName(MODEL)
            .build();

    var answer = model.embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")));

    assertThat(answer.content()).hasSize(2);
    assertThat(answer.content().get(1).vector()).containsExactly(EmbeddingAnswers.VECTOR);
    assertCharged(1);
  }

  @Test
  void unknownKeyIsAnAuthenticationException() {
    assertThatThrownBy(() -> model("tg_00000000_nobodys").chat("Hello"))
        .isInstanceOf(AuthenticationException.class)
        .hasMessageContaining("Invalid API key");
    assertCharged(0);
  }

  @Test
  void missingCreditsAreAnInvalidRequestThatSaysSo() {
    tenant.setBalance("0");

    assertThatThrownBy(() -> model(key).chat("Hello"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("insufficient_credits");
    assertCharged(0);
  }
}
