import { DistributedError, escapeControls, packageVersion } from "@millrace/distributed/command";
import { Command, CommanderError } from "commander";
import { certsCommand } from "./certs.ts";
import { clusterCommand } from "./cluster.ts";
import { configCommand } from "./config.ts";
import { runCommand } from "./run.ts";
import { schedulerCommand } from "./scheduler.ts";
import { statusCommand } from "./status.ts";
import { workerCommand } from "./worker.ts";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

/**
 * Runs a command to its end, and gives the exit code. What is wrong with what was typed or set is
 * one line of `err`.
 *
 * @param argv - what was typed after the name of the program
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  let exitCode: number = exit.fine;
  const ended = (code: number): void => {
    exitCode = code;
  };
  const program = prepared(new Command("millrace"), world)
    .description("Schedulers and workers of Millrace.")
    .version(packageVersion)
    // So that a script has options of its own.
    .enablePositionalOptions();
  const commands = [
    schedulerCommand,
    workerCommand,
    clusterCommand,
    runCommand,
    statusCommand,
    configCommand,
    certsCommand,
  ];
  for (const make of commands) program.addCommand(prepared(make(world, ended), world));
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return refused(error, world);
    if (!(error instanceof DistributedError)) throw error;
    world.err(`millrace: ${oneLine(error.message)}\n`);
    return exit.refused;
  }
}

function prepared(command: Command, world: World): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => world.out(text),
      // Errors are told by `refused`; what else is written is help that was not asked for.
      writeErr: (text) => world.err(text),
      outputError: () => undefined,
    });
}

function refused({ code, message, exitCode }: CommanderError, world: World): number {
  // Help and version that were asked for are no mistakes.
  if (exitCode === 0) return exit.fine;
  // Without a command there was help instead.
  if (code === "commander.help") return exit.refused;
  world.err(`millrace: ${oneLine(message.replace(/^error: /, ""))}\n`);
  return exit.refused;
}

/** Suggestions and excerpts of files stand on lines of their own. */
function oneLine(message: string): string {
  const [first = "", ...rest] = message.trimEnd().split("\n");
  const suggestion = rest.find((line) => line.startsWith("(Did you mean"));
  const whole = suggestion === undefined ? first.replace(/:$/, ".") : `${first} ${suggestion}`;
  return escapeControls(whole);
}
