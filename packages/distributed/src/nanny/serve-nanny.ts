import type { StartWorker } from "../deploy/process-options.ts";
import { createLog } from "../log.ts";
import { exitCodes } from "./nanny-events.ts";
import type { FromWorkerProcess, ToWorkerProcess } from "./nanny-messages.ts";
import type { WorkerOutcome } from "./run-worker.ts";
import { WorkerRun } from "./run-worker.ts";

/** A worker whose nanny is gone has so long to remove its files. */
const ORPHAN_MS = 1_500;
/** As shells count a SIGTERM. */
const TERMINATED = 143;

/**
 * Makes this process the worker of the nanny that started it. It ends when the worker does, by an
 * exit code that tells the nanny what to do, and by itself soon after its nanny is gone.
 */
export function serveNanny(start: StartWorker): void {
  let run: WorkerRun | undefined;
  let isTerminated = false;
  const ask = (wish: "retire" | "close"): void => {
    if (run === undefined) process.exit(exitCodes.done);
    else void run[wish]();
  };
  process.on("message", (message: ToWorkerProcess) => {
    switch (message.kind) {
      case "start":
        run = startRun(start, message);
        void run.ended.then(leave);
        return;
      case "retire":
      case "close":
        ask(message.kind);
        return;
    }
  });
  process.on("SIGTERM", () => {
    if (isTerminated) process.exit(TERMINATED);
    isTerminated = true;
    ask("retire");
  });
  // A terminal sends these to the nanny too, which knows what is wanted.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
  const orphaned = (): void => {
    setTimeout(() => process.exit(exitCodes.nannyLost), ORPHAN_MS);
    if (run === undefined) process.exit(exitCodes.nannyLost);
    else void run.close().finally(() => process.exit(exitCodes.nannyLost));
  };
  process.on("disconnect", orphaned);
  for (const stream of [process.stdout, process.stderr]) {
    // The nanny that read it is gone, and `disconnect` sees to that.
    stream.on("error", () => undefined);
  }
  // It may have gone before anybody listened.
  if (!process.connected) orphaned();
}

function startRun(
  start: StartWorker,
  { options, json, previous, words }: Extract<ToWorkerProcess, { kind: "start" }>,
): WorkerRun {
  const log = createLog({ write: (line) => process.stderr.write(line), json });
  if (previous !== undefined) log.info("worker before died", { reason: previous });
  const began = (): void => say({ kind: "began" });
  return new WorkerRun(start, { ...options, log, began, predecessor: { words } }, () =>
    say({ kind: "ready" }),
  );
}

/** Exits once the last words are with the nanny. */
function leave({ exitCode, reason }: WorkerOutcome): void {
  if (!process.connected) process.exit(exitCode);
  setTimeout(() => process.exit(exitCode), ORPHAN_MS);
  say({ kind: "ending", reason }, () => process.exit(exitCode));
}

function say(message: FromWorkerProcess, said: () => void = () => undefined): void {
  // Where it cannot be said any more, `disconnect` sees to that.
  if (process.connected) process.send?.(message, undefined, undefined, said);
}
