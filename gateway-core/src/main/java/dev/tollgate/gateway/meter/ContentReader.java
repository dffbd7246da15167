package dev.tollgate.gateway.meter;

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

  private final BodyCursor cursor;
  private final RequestTable table;
  private final Findings findings;
  private final Payloads payloads;

  ContentReader(BodyCursor cursor, Payloads payloads, RequestTable table, Findings findings) {
    this.cursor = cursor;
    this.payloads = payloads;
    this.table = table;
    this.findings = findings;
  }

  void readMessages(JsonToken messages) throws IOException {
    if (!readBlocks(Level.MESSAGE, messages)) {
      findings.unbounded("messages that are not a list");
    }
  }

  /** Reads the items of one conversation. */
  void readItems(JsonToken items) throws IOException {
    if (!readBlocks(Level.ITEM, items) && items != JsonToken.VALUE_STRING) {
      findings.unbounded("input that is neither a text nor a list");
    }
  }

  void readContent(JsonToken content) throws IOException {
    if (!readBlocks(Level.PART, content) && content != JsonToken.VALUE_STRING) {
      findings.unbounded("content that is neither a text nor a list");
      if (content == JsonToken.START_OBJECT) {
        readBlock(Level.PART, content);
      }
    }
  }

  /** The number of inputs. An input may be an object with parts that are not text. */
  int readInputs(JsonToken inputs) throws IOException {
    return readTexts(inputs, true);
  }

  /** The number of prompts. */
  int readPrompts(JsonToken prompts) throws IOException {
    return readTexts(prompts, false);
  }

  /** Counts the texts in a list. A list of numbers is a single text, given as tokens. */
  private int readTexts(JsonToken texts, boolean objects) throws IOException {
    int count = 0;
    boolean tokens = false;
    BodyCursor.Walk items = cursor.elements(texts);
    if (items.isOther() && texts != JsonToken.VALUE_STRING) {
      findings.unbounded("input that is neither a text nor a list");
    }
    while (items.next()) {
      JsonToken item = items.value();
      tokens |= item.isNumeric();
      count += item.isNumeric() ? 0 : 1;
      if (item == JsonToken.START_ARRAY) {
        readTokens(item);
      } else if (item == JsonToken.START_OBJECT && objects) {
        readBlock(Level.ITEM, item);
      } else if (item != JsonToken.VALUE_STRING && !item.isNumeric()) {
        findings.unbounded("input that is neither a text nor a list");
      }
    }
    return Math.max(1, count + (tokens ? 1 : 0));
  }

  private void readTokens(JsonToken list) throws IOException {
    BodyCursor.Walk items = cursor.elements(list);
    while (items.next()) {
      if (!items.value().isNumeric()) {
        findings.unbounded("list of tokens that are not numbers");
      }
    }
  }

  /** Returns false if the blocks are neither a list nor null. */
  private boolean readBlocks(Level level, JsonToken blocks) throws IOException {
    BodyCursor.Walk items = cursor.elements(blocks);
    while (items.next()) {
      if (items.value() == JsonToken.START_OBJECT) {
        readBlock(level, items.value());
      } else {
        findings.unbounded(level.word + " that is not an object");
      }
    }
    return !items.isOther();
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

  private void readBlock(Level level, JsonToken object) throws IOException {
    Set<String> known =
        level == Level.MESSAGE ? RequestTable.MESSAGE_MEMBERS : RequestTable.BLOCK_MEMBERS;
    Block block = new Block();
    BodyCursor.Walk members = cursor.members(object);
    while (members.next()) {
      String name = findings.known(members.name(), known);
      if (RequestTable.BLOCK_MEMBERS.contains(name)) {
        readMember(block, level, name, members.value());
      } else if (level == Level.MESSAGE
          && !known.contains(name)
          && members.value() != JsonToken.VALUE_NULL) {
        findings.unbounded("member of a message", name);
      }
    }
    end(block, level);
  }

  private void readMember(Block block, Level level, String name, JsonToken value)
      throws IOException {
    switch (name) {
      case "type" -> addType(block, level, value);
      case "id" -> block.named |= value != JsonToken.VALUE_NULL;
      case "encrypted_content" -> {
        boolean encrypted = !cursor.string(value).isEmpty();
        block.encrypted |= encrypted;
        block.unencrypted |= !encrypted;
      }
      case "content", "output" -> readContent(value);
      case "images" -> {
        if (!readBlocks(Level.PART, value)) {
          readMedia(block, name, value);
        }
      }
      default -> readMedia(block, name, value);
    }
  }

  private void addType(Block block, Level level, JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return;
    }
    String type = cursor.string(value);
    block.typed = true;
    block.picture |= RequestTable.PICTURES.contains(type);
    block.seenOrHeard &= RequestTable.SEEN_OR_HEARD.contains(type);
    block.reasoning |= type.equals("reasoning");
    if (!table.admits(level, type)) {
      block.unknownType = type;
    }
  }

  /**
   * Walks through a picture or a file, at any depth, and records the payloads that the body
   * contains.
   */
  private void readMedia(Block block, String member, JsonToken media) throws IOException {
    if (media == JsonToken.VALUE_NULL) {
      return;
    }
    block.media = true;
    block.picture |= RequestTable.PICTURES.contains(member);
    cursor.scalars(
        member,
        media,
        (name, scalar) -> {
          if (name.equals("type")) {
            block.mediaIsText |= cursor.string(scalar).equals("text");
          } else if (scalar == JsonToken.VALUE_STRING) {
            // Data URIs are counted separately, wherever they occur; see DataUris.
            block.dataUri |= payloads.isDataUri();
            int bytes = payloads.bytes(name);
            block.payloads += bytes > 0 ? 1 : 0;
            block.payloadBytes += bytes;
          }
        });
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
