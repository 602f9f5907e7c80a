import { RemoteWorker, SchedulerServer } from "@millrace/distributed/command";
import { main } from "./main.ts";
import type { StopSignal } from "./world.ts";
import { stopSignals } from "./world.ts";

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read it has read enough, or has closed the terminal.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

const exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  startScheduler: (options) => SchedulerServer.start(options),
  startWorker: (options) => RemoteWorker.start(options),
  onStop: (stop) => {
    let count = 0;
    const stopped = (signal: NodeJS.Signals): void => stop(++count, signal as StopSignal);
    for (const signal of stopSignals) process.on(signal, stopped);
    return () => {
      for (const signal of stopSignals) process.off(signal, stopped);
    };
  },
});

// What was written may be on its way to a slow reader.
process.exitCode = exitCode;
process.stdout.write("", () => process.exit());
