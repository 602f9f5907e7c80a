// What `millrace run` has a process load before its script: tasks that name no other place run on
// the cluster then.
import { createRequire } from "node:module";
import { realpathSync } from "node:fs";
import { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { SchedulerAddress } from "@millrace/distributed/command";
import {
  ConfigError,
  DistributedError,
  connectScript,
  escapeControls,
} from "@millrace/distributed/command";
// It makes threads that place when it is loaded, so it is loaded before.
import { setDefaultExecutor } from "../index.ts";
import { exit, exitOf, stopSignals } from "./world.ts";

const script = process.argv[1] ?? "";

try {
  checkCopy();
  // From the command, over a pipe of its own.
  const told = await text(new Socket({ fd: 3 }));
  const address = JSON.parse(told) as SchedulerAddress;
  setDefaultExecutor(await connectScript(address, `script ${process.pid}`));
} catch (error) {
  if (!(error instanceof DistributedError)) throw error;
  process.stderr.write(`millrace: ${escapeControls(error.message)}\n`);
  process.exit(exit.refused);
}

for (const signal of stopSignals) {
  process.on(signal, () => {
    // Its clients say at the exit that they go, so that nothing is computed for nobody. A script
    // that listens itself ends itself.
    if (process.listenerCount(signal) === 1) process.exit(exitOf(signal));
  });
}

/** Two copies of a package do not know of each other: the script would not find the cluster. */
function checkCopy(): void {
  const own = fileURLToPath(import.meta.resolve("@millrace/graph"));
  let its: string;
  try {
    its = createRequire(realpathSync(script)).resolve("@millrace/graph");
  } catch {
    // It has none, or it is a part of another package that it has: what it finds is not known.
    return;
  }
  if (realpathSync(its) === realpathSync(own)) return;
  throw new ConfigError(
    `run: the script has a Millrace of its own, got "${its}", wanted that of this command, "${own}". ` +
      "Use the command of its project: npx millrace run.",
  );
}
