package dev.tollgate.gateway.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Which columns of a table matter most. A table for people shows as many as fit; {@code --wide}
 * shows all.
 */
final class Columns {
  /** Columns that are left out while they are empty, because they are empty in most tables. */
  private static final Set<String> RARE =
      Set.of(
          "cached_tokens",
          "cache_write_tokens",
          "reasoning_tokens",
          "display_name",
          "archived_at",
          "name",
          "metadata",
          "last_used_at",
          "key_name",
          "end_user",
          "corrects");

  /** Columns whose long texts may be cut. An id never is: people copy it. */
  private static final Set<String> TEXTS =
      Set.of(
          "actor",
          "allowed",
          "default",
          "detail",
          "display_name",
          "end_user",
          "key_name",
          "meaning",
          "metadata",
          "model",
          "models",
          "name",
          "note",
          "reason");

  /**
   * The columns of each kind of table, the most important first. Columns that no list names come
   * last, in their own order.
   */
  private static final List<Kind> KINDS =
      List.of(
          // project list
          new Kind(
              "balance.available",
              "project_name enabled balance.available balance.loaned display_name archived_at"
                  + " upstream_key markup balance.total created_at"),
          // key list
          new Kind(
              "self_made",
              "key_id name kind disabled revoked expires_at last_used_at created_at daily_cap"
                  + " weekly_cap monthly_cap total_cap origin"),
          // ledger
          new Kind("literal", "at id kind amount model note key_id end_user corrects cost flags"),
          // ledger --pending
          new Kind("next_ask_at", "id project_name state held since reason attempts next_ask_at"),
          // audit
          new Kind("actor", "at action project_name actor detail subject"),
          // check
          new Kind("rule", "rule project_name id detail"),
          // check --drift
          new Kind("upstream_key_id", "upstream_key_id result difference upstream captured note"),
          // usage
          new Kind(
              "margin",
              "project_name key_id end_user model day requests charge cost unresolved margin"
                  + " refunded key_name completion_tokens prompt_tokens"),
          // settings
          new Kind("allowed", "setting meaning default"));

  /**
   * A kind of table.
   *
   * @param mark a column that only this kind of table has; {@code names} may lack it
   * @param names the columns, the most important first
   */
  private record Kind(String mark, List<String> names) {
    Kind(String mark, String names) {
      this(mark, List.of(names.split(" ")));
    }
  }

  private Columns() {}

  /** Whether a column is empty in most tables. */
  static boolean isRare(String name) {
    return RARE.contains(name);
  }

  /** Whether a long text of the column may be cut. */
  static boolean isText(String name) {
    return TEXTS.contains(name);
  }

  /**
   * The columns of a table, the most important first: those that a list names, then the others. A
   * text of the first may take the room of the second.
   */
  static List<List<String>> byImportance(Collection<String> names) {
    List<String> listed = new ArrayList<>();
    for (Kind kind : KINDS) {
      if (listed.isEmpty() && names.contains(kind.mark)) {
        listed.addAll(kind.names);
      }
    }
    listed.retainAll(names);
    List<String> others = new ArrayList<>(names);
    others.removeAll(listed);
    return List.of(listed, others);
  }
}
