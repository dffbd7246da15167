package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a JSON document, and what a value there means. Places form a graph: each leads to the
 * places of its members and of its elements. Built once, then never changed.
 */
final class Place {
  /** What a value means. */
  enum Meaning {
    /** Nothing by itself; what is in it may mean something. */
    NONE,
    /** An object with tokens and costs. */
    USAGE,
    /** An error, unless it is null. */
    ERROR,
    /** The model that answered. */
    MODEL,
    /** The id of the answer. */
    ID,
    /** The type of an event. */
    TYPE,
    /** Why a choice ended. */
    FINISH_REASON,
    /** Generated text. */
    TEXT,
    /** Generated reasoning: a text that {@link #REASONING_DETAIL} may say again. */
    REASONING,
    /** Generated reasoning, in the form that providers name. */
    REASONING_DETAIL,
    /** A generated picture, sound or file: its base64 or its address. */
    MEDIA
  }

  private static final class Member {
    final byte[] key;
    final Place place;

    Member(String key, Place place) {
      this.key = key.getBytes(StandardCharsets.US_ASCII);
      this.place = place;
    }
  }

  final Meaning meaning;
  private List<Member> members = List.of();
  private Member[][] byLength = new Member[0][];
  private @Nullable Place other;
  private @Nullable Place element;

  Place(Meaning meaning) {
    this.meaning = meaning;
  }

  /** Adds the place of the members with these keys, in ASCII. */
  Place with(Place place, String... keys) {
    List<Member> all = new ArrayList<>(members);
    for (String key : keys) {
      all.add(new Member(key, place));
    }
    members = List.copyOf(all);
    int longest = all.stream().mapToInt(member -> member.key.length).max().orElse(0);
    byLength = new Member[longest + 1][];
    for (int i = 0; i <= longest; i++) {
      int length = i;
      byLength[i] =
          all.stream().filter(member -> member.key.length == length).toArray(Member[]::new);
    }
    return this;
  }

  /** Sets the place of all members that are not named. */
  Place withOthers(Place place) {
    other = place;
    return this;
  }

  /** Sets the place of the elements, should an array stand here. */
  Place withElements(Place place) {
    element = place;
    return this;
  }

  /** The place of a member; null: nothing in it means anything. */
  @Nullable Place member(byte[] key, int length) {
    if (length < byLength.length) {
      for (Member member : byLength[length]) {
        if (Arrays.equals(member.key, 0, length, key, 0, length)) {
          return member.place;
        }
      }
    }
    return other;
  }

  /** The place of an element; null: nothing in it means anything. */
  @Nullable Place element() {
    return element;
  }

  /** Whether a key can lead anywhere. */
  boolean hasMembers() {
    return byLength.length > 0 || other != null;
  }
}
