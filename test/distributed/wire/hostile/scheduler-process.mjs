// A scheduler in a process of its own, which says how long its loop of events stood still. With an
// The options of `SchedulerServer.start` come as the first message.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { SchedulerServer } from "../../../../packages/distributed/dist/scheduler/server/scheduler-server.js";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

/**
 * The longest turn of the loop, as far as this process was at work: others may have the processor.
 */
let busyMs = 0;
let turn = { cpuMs: loopCpuMs(), atMs: performance.now() };
setInterval(() => {
  const now = { cpuMs: loopCpuMs(), atMs: performance.now() };
  busyMs = Math.max(busyMs, Math.min(now.atMs - turn.atMs, now.cpuMs - turn.cpuMs));
  turn = now;
}, 5);

/** What the thread of the loop has worked; that of the whole process where nobody tells. */
function loopCpuMs() {
  try {
    const [ns] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ");
    return Number(ns) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
}

let cpu = process.cpuUsage();
let lastMs = performance.now();

const say = (message) => process.send?.(message);
const level = (name) => (event, facts) =>
  say({ kind: "log", level: name, event, facts: JSON.parse(JSON.stringify(facts ?? {})) });
const log = {
  debug: level("debug"),
  info: level("info"),
  warn: level("warn"),
  error: level("error"),
};

let server;

const commands = {
  start: async ({ options }) => {
    server = await SchedulerServer.start({ host: "127.0.0.1", port: 0, log, ...options });
    void server.ended.then((reason) => say({ kind: "ended", reason }));
    return { port: server.port };
  },
  measure: async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { user, system } = process.cpuUsage(cpu);
    const nowMs = performance.now();
    const measured = {
      stallMs: delay.max / 1e6,
      busyMs,
      cpuMs: (user + system) / 1_000,
      elapsedMs: nowMs - lastMs,
      rssBytes: process.memoryUsage.rss(),
    };
    delay.reset();
    busyMs = 0;
    cpu = process.cpuUsage();
    lastMs = nowMs;
    return measured;
  },
  close: async () => {
    await server?.close();
    return {};
  },
};

async function answer({ number, kind, ...rest }) {
  try {
    say({ kind: "answer", number, value: await commands[kind](rest) });
  } catch (error) {
    say({ kind: "answer", number, error: error.message });
  }
  if (kind === "close") process.disconnect();
}

process.on("message", (message) => void answer(message));
process.on("disconnect", () => process.exit());
