package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a JSON document, and the meaning of a value there. Places form a graph: each place
 * leads to those of its members and its elements. Built once, then never changed.
 */
final class Place {
  /** The meaning of a value. */
  enum Meaning {
    /** No meaning by itself; values inside may have one. */
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
    /** The word in {@code [DONE]}. */
    DONE,
    /** Why a choice ended. */
    FINISH_REASON,
    /** Generated text. */
    TEXT,
    /** Generated reasoning; {@link #REASONING_DETAIL} may repeat the same text. */
    REASONING,
    /** Generated reasoning in the structured form, {@code reasoning_details}. */
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

  /** Adds the place of the members with these keys, which must be ASCII. */
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

  /** Sets the place of all other members. */
  Place withOthers(Place place) {
    other = place;
    return this;
  }

  /** Sets the place of the elements, if the value is an array. */
  Place withElements(Place place) {
    element = place;
    return this;
  }

  /** The place of a member; null: no value in it has a meaning. */
  @Nullable Place member(byte[] bytes, int from, int to) {
    int length = to - from;
    if (length < byLength.length) {
      for (Member member : byLength[length]) {
        if (Arrays.equals(member.key, 0, length, bytes, from, to)) {
          return member.place;
        }
      }
    }
    return other;
  }

  /** The place of an element; null: no value in it has a meaning. */
  @Nullable Place element() {
    return element;
  }
}
