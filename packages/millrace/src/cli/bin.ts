import { RemoteWorker, SchedulerServer } from "@millrace/distributed/command";
import { main } from "./main.ts";

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read it has read enough.
    if (error.code !== "EPIPE") throw error;
  });
}

const exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  startScheduler: (options) => SchedulerServer.start(options),
  startWorker: (options) => RemoteWorker.start(options),
  onStop: (stop) => {
    let count = 0;
    const stopped = (): void => stop(++count);
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stopped);
    return () => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, stopped);
    };
  },
});

// What was written may be on its way to a slow reader.
process.exitCode = exitCode;
process.stdout.write("", () => process.exit());
