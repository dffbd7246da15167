package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds non-text parts, and content without a cost bound, in messages, items and parts. All three
 * are blocks here: objects with a type that may contain other blocks. For one thread.
 */
final class ContentReader {
  /** The level at which a block occurs. */
  enum Level {
    /** In {@code messages}; its type may be omitted. */
    MESSAGE("message"),
    /** In the {@code input} of responses; its type may be omitted. */
    ITEM("item"),
    /** In the content of a message or an item. */
    PART("part");

    private final String word;

    Level(String word) {
      this.word = word;
    }
  }

  private static final Set<String> PICTURES =
      Set.of("image_url", "image", "input_image", "computer_screenshot");

  /** The parts whose tokens can be estimated if the body contains them. */
  private static final Set<String> SEEN_OR_HEARD =
      Set.of(
          "image_url",
          "image",
          "input_image",
          "computer_screenshot",
          "image_generation_call",
          "input_audio",
          "audio",
          "audio_url",
          "input_video",
          "video",
          "video_url");

  /** The members of a block that are read. */
  static final Set<String> MEMBERS =
      Set.of(
          "type",
          "id",
          "encrypted_content",
          "content",
          "output",
          "images",
          "image",
          "image_url",
          "image_file",
          "input_image",
          "audio",
          "audio_url",
          "input_audio",
          "video",
          "video_url",
          "input_video",
          "file",
          "file_id",
          "file_url",
          "file_data",
          "document",
          "source",
          "data",
          "inline_data",
          "result",
          "url");

  private final JsonParser parser;
  private final RequestTable table;
  private final Findings findings;
  private final Payloads payloads;

  ContentReader(JsonParser parser, byte[] body, RequestTable table, Findings findings) {
    this.parser = parser;
    this.table = table;
    this.findings = findings;
    this.payloads = new Payloads(parser, body);
  }

  void readMessages(JsonToken value) throws IOException {
    if (value == JsonToken.START_ARRAY) {
      readBlocks(Level.MESSAGE);
    } else if (value != JsonToken.VALUE_NULL) {
      findings.unbounded("messages that are not a list");
    }
  }

  /** Reads the items of one conversation. */
  void readItems(JsonToken value) throws IOException {
    if (value == JsonToken.START_ARRAY) {
      readBlocks(Level.ITEM);
    } else if (value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
      findings.unbounded("input that is neither a text nor a list");
    }
  }

  void readContent(JsonToken value) throws IOException {
    if (value == JsonToken.START_ARRAY) {
      readBlocks(Level.PART);
    } else if (value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
      findings.unbounded("content that is neither a text nor a list");
      if (value == JsonToken.START_OBJECT) {
        readBlock(Level.PART);
      }
    }
  }

  /** The number of inputs. An input may be an object with parts that are not text. */
  int readInputs(JsonToken value) throws IOException {
    return readTexts(value, true);
  }

  /** The number of prompts. */
  int readPrompts(JsonToken value) throws IOException {
    return readTexts(value, false);
  }

  /** Counts the texts in a list. A list of numbers is a single text, given as tokens. */
  private int readTexts(JsonToken value, boolean objects) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      if (value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
        findings.unbounded("input that is neither a text nor a list");
      }
      return 1;
    }
    int count = 0;
    boolean tokens = false;
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      tokens |= item.isNumeric();
      count += item.isNumeric() ? 0 : 1;
      if (item == JsonToken.START_ARRAY) {
        readTokens();
      } else if (item == JsonToken.START_OBJECT && objects) {
        readBlock(Level.ITEM);
      } else if (item != JsonToken.VALUE_STRING && !item.isNumeric()) {
        findings.unbounded("input that is neither a text nor a list");
        parser.skipChildren();
      }
    }
    return Math.max(1, count + (tokens ? 1 : 0));
  }

  private void readTokens() throws IOException {
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      if (!item.isNumeric()) {
        findings.unbounded("list of tokens that are not numbers");
        parser.skipChildren();
      }
    }
  }

  private void readBlocks(Level level) throws IOException {
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      if (item == JsonToken.START_OBJECT) {
        readBlock(level);
      } else {
        findings.unbounded(level.word + " that is not an object");
        parser.skipChildren();
      }
    }
  }

  /** The facts collected about a block before its end: its type may be its last member. */
  private static final class Block {
    boolean typed;
    @Nullable String unknownType;
    boolean picture;
    boolean seenOrHeard = true;
    boolean reasoning;
    boolean named;
    boolean encrypted;
    boolean unencrypted;
    boolean media;
    boolean mediaIsText;
    boolean dataUri;
    int payloads;
    long payloadBytes;
  }

  private void readBlock(Level level) throws IOException {
    Set<String> known = level == Level.MESSAGE ? RequestTable.MESSAGE_MEMBERS : MEMBERS;
    Block block = new Block();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = findings.known(parser.currentName(), known);
      JsonToken value = parser.nextToken();
      switch (name) {
        case "type" -> addType(block, level, value);
        case "id" -> block.named |= value != JsonToken.VALUE_NULL;
        case "encrypted_content" -> {
          boolean encrypted = value == JsonToken.VALUE_STRING && parser.getTextLength() > 0;
          block.encrypted |= encrypted;
          block.unencrypted |= !encrypted;
        }
        case "content", "output" -> readContent(value);
        case "images" -> {
          if (value == JsonToken.START_ARRAY) {
            readBlocks(Level.PART);
          } else {
            readMedia(block, name, value);
          }
        }
        default -> {
          if (MEMBERS.contains(name)) {
            readMedia(block, name, value);
          } else if (!known.contains(name)
              && level == Level.MESSAGE
              && value != JsonToken.VALUE_NULL) {
            findings.unbounded("member of a message", name);
          }
        }
      }
      parser.skipChildren();
    }
    end(block, level);
  }

  private void addType(Block block, Level level, JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return;
    }
    String type = value == JsonToken.VALUE_STRING ? parser.getText() : "";
    block.typed = true;
    block.picture |= PICTURES.contains(type);
    block.seenOrHeard &= SEEN_OR_HEARD.contains(type);
    block.reasoning |= type.equals("reasoning");
    if (!table.admits(level, type)) {
      block.unknownType = type;
    }
  }

  /**
   * Walks through a picture or a file, at any depth, and records the payloads that the body
   * contains.
   */
  private void readMedia(Block block, String member, JsonToken first) throws IOException {
    if (first == JsonToken.VALUE_NULL) {
      return;
    }
    block.media = true;
    block.picture |= PICTURES.contains(member);
    String name = member;
    int depth = 0;
    JsonToken token = first;
    do {
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
      } else if (token == JsonToken.VALUE_STRING) {
        if (name.equals("type")) {
          block.mediaIsText |= parser.getText().equals("text");
        } else {
          // Data URIs are counted separately, wherever they occur; see DataUris.
          block.dataUri |= payloads.isDataUri();
          int bytes = payloads.bytes(name);
          block.payloads += bytes > 0 ? 1 : 0;
          block.payloadBytes += bytes;
        }
      }
      token = depth == 0 ? token : parser.nextToken();
    } while (depth > 0);
  }

  private void end(Block block, Level level) {
    String unknown = block.unknownType;
    if (block.typed && unknown == null) {
      if (block.reasoning && block.named && (!block.encrypted || block.unencrypted)) {
        // The upstream inserts the content that it stores under that id.
        findings.unbounded("reasoning without its encrypted_content");
      }
      return;
    }
    if (unknown != null) {
      findings.unbounded(level.word + " of type", unknown);
    } else if (level == Level.PART) {
      findings.unbounded("part without a type");
    } else if (!block.media) {
      return;
    } else {
      findings.unbounded(level.word + " with a picture or file");
    }
    findings.pictures += block.picture ? 1 : 0;
    boolean inside = (block.payloads > 0 || block.dataUri) && !block.mediaIsText;
    if (inside) {
      findings.payloads += block.payloads;
      findings.payloadBytes += block.payloadBytes;
    }
    findings.extras |= block.typed ? !inside || !block.seenOrHeard : block.media && !inside;
  }
}
