package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads the models that a request names. For one thread. */
final class ModelsReader {
  private static final Set<String> MODEL_OBJECT = Set.of("model");

  private final BodyCursor cursor;
  private final Findings findings;
  private final Set<String> names = new LinkedHashSet<>();
  private boolean exactlyNamed;
  private boolean unknown;

  ModelsReader(BodyCursor cursor, Findings findings) {
    this.cursor = cursor;
    this.findings = findings;
  }

  /** Every model that may answer; empty if none was named, or one of the names is invalid. */
  List<String> models() {
    return unknown || !exactlyNamed ? List.of() : List.copyOf(names);
  }

  /** Whether one of the models is a free variant. */
  boolean hasFree() {
    return names.stream()
        .anyMatch(name -> name.endsWith(":free") || name.equals("openrouter/free"));
  }

  /**
   * @param exact whether every upstream reads this member as a model; if none is exact, the
   *     account's default model may answer
   */
  void addModel(JsonToken value, boolean exact) throws IOException {
    if (value != JsonToken.VALUE_STRING || names.size() >= Findings.MOST_NAMES) {
      unknown = true;
      return;
    }
    String model = cursor.text(value);
    names.add(model);
    exactlyNamed |= exact;
    if (model.endsWith(":online") || model.contains("@preset/")) {
      findings.extra("model", model);
    }
  }

  void addModels(JsonToken list, boolean exact) throws IOException {
    BodyCursor.Walk items = cursor.elements(list);
    unknown |= items.isOther();
    while (items.next()) {
      if (items.value() == JsonToken.START_OBJECT) {
        addModelOf(items.value(), exact);
      } else {
        addModel(items.value(), exact);
      }
    }
  }

  /** Reads a fallback of the messages route: an object with the name of a model. */
  private void addModelOf(JsonToken fallback, boolean exact) throws IOException {
    boolean named = false;
    BodyCursor.Walk members = cursor.members(fallback);
    while (members.next()) {
      if (findings.known(members.name(), MODEL_OBJECT).equals("model")) {
        addModel(members.value(), exact);
        named |= members.name().equals("model");
      } else if (members.value() != JsonToken.VALUE_NULL) {
        // The member may set another bound.
        findings.unbounded("member of a model", members.name());
      }
    }
    unknown |= !named;
  }
}
