package dev.mtb.cli;

import java.io.PrintStream;
import picocli.CommandLine;

/** Gives the subcommands the streams they write to. */
final class CommandFactory implements CommandLine.IFactory {
  private final PrintStream out;
  private final PrintStream err;

  CommandFactory(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Makes the command of that name, or answers null if there is none. */
  Object named(String name) {
    return switch (name) {
      case "backup" -> new BackupCommand(out, err);
      case "restore" -> new RestoreCommand(out, err);
      case "verify" -> new VerifyCommand(out, err);
      case "doctor" -> new DoctorCommand(out, err);
      default -> null;
    };
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == BackupCommand.class) {
      return type.cast(new BackupCommand(out, err));
    }
    if (type == RestoreCommand.class) {
      return type.cast(new RestoreCommand(out, err));
    }
    if (type == VerifyCommand.class) {
      return type.cast(new VerifyCommand(out, err));
    }
    if (type == DoctorCommand.class) {
      return type.cast(new DoctorCommand(out, err));
    }
    if (type == CompletionCommand.class) {
      return type.cast(new CompletionCommand(out));
    }
    if (type == ManCommand.class) {
      return type.cast(new ManCommand(out));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
