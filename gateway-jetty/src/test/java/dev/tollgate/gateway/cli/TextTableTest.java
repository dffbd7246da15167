package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TextTableTest {
  private static final String ID = "req_019ad5f3c0ee" + "0123456789abcdef0123";

  private static List<String> lines(boolean wide, List<Map<String, String>> rows) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    new TextTable(out, wide).print(rows);
    out.flush();
    return text.toString().lines().toList();
  }

  private static Map<String, String> row(String... namesAndCells) {
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < namesAndCells.length; i += 2) {
      row.put(namesAndCells[i], namesAndCells[i + 1]);
    }
    return row;
  }

  /** A row such as the ledger has. */
  private static Map<String, String> entry(String model, String note) {
    return row(
        "at", "2026-11-30T15:46:45.054Z",
        "id", ID,
        "kind", "charge",
        "amount", "-0.000123",
        "cost", "0.000123",
        "flags", "-",
        "literal", "0.000123",
        "model", model,
        "generation_id", "gen-1764517605-abcdefghijklmnopqrst",
        "prompt_tokens", "11",
        "key_id", "tg_a1b2c3d4",
        "note", note);
  }

  @Test
  void aTableThatFitsShowsAllItsColumns() {
    assertThat(lines(false, List.of(row("rule", "sum", "project_name", "-", "detail", "off by 1"))))
        .containsExactly("rule  project_name  detail", "sum   -             off by 1");
  }

  @Test
  void aTableThatIsTooWideShowsItsMostImportantColumnsInTheirOrder() {
    List<String> lines = lines(false, List.of(entry("openai/gpt-4o-mini", "-")));

    assertThat(lines).allMatch(line -> line.length() <= 100);
    assertThat(lines.get(0)).matches("at +id +kind +amount +model");
    assertThat(lines.get(1)).contains(ID, "openai/gpt-4o-mini");
    assertThat(lines).last().isEqualTo("(more columns: --wide)");
  }

  @Test
  void aWideTableShowsAllColumnsAndWholeCells() {
    List<String> lines = lines(true, List.of(entry("openai/gpt-4o-mini", "x".repeat(200))));

    assertThat(lines).hasSize(2);
    assertThat(lines.get(0).split(" +")).hasSize(12);
    assertThat(lines.get(1)).contains("15:46:45.054Z", "x".repeat(200));
  }

  @Test
  void aTimeIsShownInSeconds() {
    assertThat(lines(false, List.of(row("since", "2026-11-30T15:46:45.054Z"))))
        .contains("2026-11-30T15:46:45Z");
  }

  @Test
  void aLongTextIsCutAndAnIdIsNot() {
    String id = "a-very-long-id-of-the-operator".repeat(2);
    List<String> lines =
        lines(
            false,
            List.of(
                row("rule", "sum", "project_name", "shop", "id", id, "detail", "y".repeat(99))));

    assertThat(lines.get(0)).hasSizeLessThanOrEqualTo(100);
    assertThat(lines.get(1)).hasSize(100).contains(id).endsWith("yyy…");
    assertThat(lines).last().isEqualTo("(longer texts: --wide)");
  }

  @Test
  void aCharacterOutsideTheBasicPlaneCountsOnce() {
    List<String> lines = lines(false, List.of(row("note", "🙂".repeat(120), "id", "1")));

    assertThat(lines.get(1).codePointCount(0, lines.get(1).length())).isEqualTo(100);
    assertThat(lines.get(1)).startsWith("🙂🙂").contains("🙂…  ");
  }

  @Test
  void numbersAreAlignedAtTheRight() {
    assertThat(
            lines(false, List.of(row("charge", "5.00", "id", "a"), row("charge", "-", "id", "b"))))
        .containsExactly("charge  id", "  5.00  a", "     -  b");
  }

  /** A row that counts how often a cell of it is read. */
  private static final class CountedRow extends LinkedHashMap<String, String> {
    private static final long serialVersionUID = 1L;

    private int reads;

    @Override
    public String getOrDefault(Object name, String otherwise) {
      reads++;
      return super.getOrDefault(name, otherwise);
    }
  }

  private static int readsOfTheFirstRow(int rows) {
    List<CountedRow> counted = Stream.generate(CountedRow::new).limit(rows).toList();
    counted.forEach(row -> row.putAll(row("charge", "5.00", "id", "a")));

    assertThat(lines(true, List.copyOf(counted))).hasSize(rows + 1);

    return counted.get(0).reads;
  }

  @Test
  void aRowIsReadNoMoreOftenInALongTable() {
    assertThat(readsOfTheFirstRow(1_000)).isEqualTo(readsOfTheFirstRow(1));
  }

  @Test
  void aColumnThatTheListsDoNotNameIsShownWhereThereIsRoom() {
    Map<String, String> audited =
        row("at", "2026-11-30T15:46:45Z", "actor", "cli:root", "action", "credit", "novel", "new");

    assertThat(lines(false, List.of(audited)).get(0)).contains("novel");
    audited.put("detail", "z".repeat(200));
    audited.put("subject", "credit_d90fd197-cc2d-4c9e-a9d0-61b5285d6d0f");
    audited.put("project_name", "shop");
    assertThat(lines(false, List.of(audited)).get(0)).contains("detail").doesNotContain("subject");
  }

  @Test
  void aTextOfAListedColumnTakesTheRoomOfAColumnThatIsNotListed() {
    Map<String, String> drift =
        row(
            "upstream_key_id", "87f1b7c411aadf1c",
            "result", "not_asked",
            "since", "2026-11-30T16:20:46Z",
            "unsettled", "1",
            "note", "the upstream gave no figure: its answer has no usage figure");

    assertThat(lines(false, List.of(drift)).get(1)).contains(drift.get("note"));
  }

  @Test
  void aColumnThatIsEmptyInMostTablesIsShownOnlyWithAValue() {
    assertThat(lines(true, List.of(row("key_id", "tg_1", "name", "-"))).get(0)).isEqualTo("key_id");
    assertThat(lines(true, List.of(row("key_id", "tg_1", "name", "web"))).get(0)).contains("name");
  }

  @Test
  void aTableWithoutRowsSaysSo() {
    assertThat(lines(false, List.of())).containsExactly("(none)");
  }
}
