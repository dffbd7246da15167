package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.exchange.UnknownPath;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Texts for wrong arguments: the fault, the value, what is allowed or was probably meant. */
final class ArgumentErrors {
  /** One wrong character in three is a typing error; more of them make a different word. */
  private static final int CHARACTERS_PER_ERROR = 3;

  private static final int MAX_ERRORS = 3;

  private ArgumentErrors() {}

  /** The text for an error of picocli, as one line. */
  static String text(ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    return fault(e, command) + help(command);
  }

  private static String help(CommandSpec command) {
    return " (see " + command.qualifiedName() + " --help)";
  }

  private static String fault(ParameterException e, CommandSpec command) {
    ArgSpec argument = e.getArgSpec();
    if (e instanceof UnmatchedArgumentException unmatched) {
      return surplus(unmatched.getUnmatched().get(0), command);
    }
    if (e instanceof MissingParameterException missing) {
      return missing(missing);
    }
    if (argument != null && e.getValue() != null) {
      return name(argument) + " '" + e.getValue() + "': " + allowed(argument);
    }
    return String.valueOf(e.getMessage()).replaceFirst("^Error: ", "");
  }

  private static String surplus(String given, CommandSpec command) {
    if (given.startsWith("-")) {
      // What follows the name may be a secret.
      return unknown("option", given.replaceFirst("=.*", ""), optionNames(command));
    }
    if (!command.subcommands().isEmpty() && command.positionalParameters().isEmpty()) {
      return unknown("command", given, command.subcommands().keySet());
    }
    // A misspelt verb was taken for the first argument, as in: ledger setle HOLD.
    return "unexpected argument '"
        + given
        + "'"
        + command.positionalParameters().stream()
            .flatMap(taken -> taken.originalStringValues().stream())
            .flatMap(taken -> near(taken, command.subcommands().keySet()).stream())
            .findFirst()
            .map(verb -> "; did you mean " + command.qualifiedName() + " " + verb + "?")
            .orElse("");
  }

  /** The text for a command that a group does not have. */
  static String unknownCommand(String given, CommandSpec group) {
    return unknown("command", given, group.subcommands().keySet()) + help(group);
  }

  /** The text for a name that does not exist, with the name that was probably meant. */
  private static String unknown(String kind, String given, Collection<String> names) {
    String hint = near(given, names).map(name -> "; did you mean " + name + "?").orElse("");
    return "unknown " + kind + " '" + given + "'" + hint;
  }

  private static List<String> optionNames(CommandSpec command) {
    return command.options().stream()
        .filter(option -> !option.hidden())
        .flatMap(option -> List.of(option.names()).stream())
        .toList();
  }

  /** The name that was probably meant; empty: none is similar. */
  private static Optional<String> near(String given, Collection<String> names) {
    int characters = given.replaceFirst("^-+", "").length();
    int most = Math.min(MAX_ERRORS, (characters + 1) / CHARACTERS_PER_ERROR);
    return names.stream()
        .filter(name -> errors(given, name) <= most)
        .min(Comparator.comparingInt(name -> errors(given, name)));
  }

  /** Counts the wrong characters. An abbreviation counts as one error. */
  private static int errors(String given, String name) {
    return name.startsWith(given) ? 1 : UnknownPath.distance(given, name);
  }

  private static String missing(MissingParameterException e) {
    List<ArgSpec> missing = e.getMissing();
    String text = String.valueOf(e.getMessage());
    ArgSpec first = missing.isEmpty() ? null : missing.get(0);
    if (first instanceof OptionSpec option && text.contains("required parameter for option")) {
      return name(option) + " needs a value: " + option.paramLabel();
    }
    if (first == null || first.group() != null) {
      return text.replaceFirst("^Error: Missing required argument.*: \\((.*)\\)$", "missing: $1");
    }
    return name(first) + " is missing";
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  private static String allowed(ArgSpec argument) {
    Class<?> type = argument.type();
    if (type == boolean.class) {
      return "takes no value";
    }
    return type == int.class ? "must be a whole number" : "must be " + argument.paramLabel();
  }

  /** Whether the command is a group, such as {@code project}, and none of its commands is named. */
  static boolean isCommandMissing(ParameterException e) {
    return e.getClass() == ParameterException.class
        && "Missing required subcommand".equals(e.getMessage());
  }

  /** The commands that a group has, for a message. */
  static String commandMissing(CommandSpec group) {
    return "a command is missing; allowed: " + String.join(", ", group.subcommands().keySet());
  }
}
