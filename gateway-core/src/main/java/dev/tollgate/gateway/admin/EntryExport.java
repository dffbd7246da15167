package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.EntryPage.Booked;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Entries of the ledger in the order of booking, written while they are read, a page at a time. So
 * the memory is the same for ten entries and for ten million. For one thread.
 */
public final class EntryExport {
  /** The formats of an export. */
  public enum Format {
    /** One JSON object with all entries and the position to continue from. */
    JSON("application/json"),
    /** One JSON object a line. */
    JSONL("application/jsonl"),
    /** CSV (RFC 4180) with a header line. */
    CSV("text/csv;charset=utf-8;header=present");

    private final String contentType;

    Format(String contentType) {
      this.contentType = contentType;
    }

    /** The media type. */
    public String contentType() {
      return contentType;
    }

    /**
     * Parses the name of a format.
     *
     * @throws IllegalArgumentException if it is unknown
     */
    public static Format parse(String text) {
      return Arrays.stream(values())
          .filter(format -> format.name().equalsIgnoreCase(text))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("must be json, jsonl or csv"));
    }
  }

  private static final int PAGE = 1_000;

  /** Has the fields of every entry. */
  private static final Booked BLANK =
      new Booked(Entry.of(new Credit("none", "", new Money(1), "", Instant.EPOCH), null), "");

  private final Reports reports;
  private final EntryFilter filter;
  private final Supplier<Map<String, String>> names;
  private Map<String, String> projects;
  private final String after;
  private final long limit;

  /**
   * @param names the names of the projects, by id
   * @param after the position to begin behind; null or 0: the beginning
   * @param limit the largest number of entries; null: all
   */
  EntryExport(
      Reports reports,
      EntryFilter filter,
      Supplier<Map<String, String>> names,
      @Nullable String after,
      @Nullable Long limit) {
    this.reports = reports;
    this.filter = filter;
    this.names = names;
    this.projects = names.get();
    this.after = after == null || after.equals("0") ? "" : after;
    this.limit = limit == null ? Long.MAX_VALUE : limit;
    if (this.limit < 1) {
      throw new AdminException("limit is " + limit + ", but must be 1 or more");
    }
  }

  /**
   * Writes the entries. The first page is read before anything is written.
   *
   * @throws IOException if {@code out} fails; the export then ends in the middle
   */
  public void writeTo(Appendable out, Format format) throws IOException {
    long left = limit;
    EntryPage page = read(after, left);
    writeStart(out, format);
    while (true) {
      for (Booked booked : page.entries()) {
        write(booked, left == limit, out, format);
        left--;
      }
      if (page.last() || left == 0) {
        break;
      }
      page = read(page.next(), left);
    }
    if (format == Format.JSON) {
      out.append("],\"next\":").append(json(page.next())).append('}');
    }
  }

  private EntryPage read(String position, long left) {
    try {
      return reports.entriesAfter(filter, position, (int) Math.min(PAGE, left));
    } catch (IllegalArgumentException e) {
      throw new AdminException(
          "after " + RefusedException.quoted(position) + ": " + e.getMessage());
    }
  }

  private void writeStart(Appendable out, Format format) throws IOException {
    if (format == Format.JSON) {
      out.append("{\"entries\":[");
    } else if (format == Format.CSV) {
      Csv.writeNames(fields(BLANK), out);
    }
  }

  private void write(Booked booked, boolean first, Appendable out, Format format)
      throws IOException {
    Fields fields = fields(booked);
    switch (format) {
      case JSON -> out.append(first ? "" : ",").append(json(fields));
      case JSONL -> out.append(json(fields)).append('\n');
      case CSV -> Csv.writeValues(fields, out);
    }
  }

  private Fields fields(Booked booked) {
    String id = booked.entry().projectId();
    Fields fields =
        new Fields().add("position", booked.position()).add("project_name", projectName(id));
    Fields.entry(booked.entry()).forEach(fields::add);
    return fields;
  }

  private String projectName(String id) {
    if (!projects.containsKey(id) && !id.isEmpty()) {
      // The project is newer than the export.
      projects = names.get();
    }
    return projects.getOrDefault(id, id);
  }

  private static String json(Object value) {
    try {
      return Json.mapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts, numbers and booleans are always JSON", e);
    }
  }
}
