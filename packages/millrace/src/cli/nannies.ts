import { realpathSync } from "node:fs";
import { availableParallelism, hostname, tmpdir } from "node:os";
import type {
  CommandSettings,
  FoundScheduler,
  Log,
  NannyEnd,
  SentWorkerOptions,
  WorkersPlan,
} from "@millrace/distributed/command";
import { Nanny, memoryOfMachine, planWorkers } from "@millrace/distributed/command";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

/** Workers of this machine and who watches over them. */
export interface Nannies {
  /** Once the scheduler knows all of them; never where one was none. */
  readonly ready: Promise<void>;
  /** Once there is none any more, with what that means for the command. What is wrong was told. */
  readonly ended: Promise<number>;
  /** Each ends so, or has ended. */
  end(how: "retire" | "close" | "kill"): void;
}

/** What workers have around them. */
export interface WorkersAround {
  readonly plan: WorkersPlan;
  readonly scheduler: Pick<FoundScheduler, "url" | "token" | "tls">;
  /** Where peers find them. */
  readonly host: string;
  readonly log: Log;
  readonly json: boolean;
  readonly world: World;
}

/** Starts the workers of a plan, each a process. */
export function startNannies({ log, json, world, ...around }: WorkersAround): Nannies {
  const { plan } = around;
  const nannies = plan.names.map((name) =>
    Nanny.start({
      worker: workerOptions(around, name),
      settings: plan.nanny,
      log,
      json,
      output: (chunk) => world.err(chunk.toString("utf8")),
      ...(world.workerMain === undefined ? {} : { main: world.workerMain }),
    }),
  );
  let isReady = false;
  const ready = Promise.all(nannies.map((nanny) => nanny.ready)).then(() => {
    isReady = true;
  });
  const ended = Promise.all(nannies.map((nanny) => nanny.ended)).then((ends) =>
    Math.max(...ends.map((end, index) => codeOf(end, isReady, plan.names[index], world))),
  );
  return {
    ready,
    ended,
    end: (how) => {
      for (const nanny of nannies) void nanny[how]();
    },
  };
}

/** Which workers a command starts on this machine. */
export function planHere(settings: CommandSettings): WorkersPlan {
  return planWorkers(settings, {
    cores: availableParallelism(),
    memoryBytes: memoryOfMachine(),
    name: hostname(),
    pid: process.pid,
    temporary: realpathSync(tmpdir()),
  });
}

/** What a worker of a plan is started with. */
export function workerOptions(
  { plan, scheduler, host }: Pick<WorkersAround, "plan" | "scheduler" | "host">,
  name: string,
): SentWorkerOptions {
  const { threads, memoryBytesMax, localDirectory, resources, deathTimeoutMs } = plan;
  const { url, token, tls } = scheduler;
  return {
    scheduler: url,
    token,
    ...(tls === undefined ? {} : { tls }),
    name,
    threads,
    memoryBytesMax,
    localDirectory,
    resources,
    host,
    deathTimeoutMs,
  };
}

/** What the end of a worker means for the command; one that is no good is told. */
function codeOf(end: NannyEnd, isReady: boolean, name: string | undefined, world: World): number {
  switch (end.kind) {
    case "retired":
    case "closed":
    case "killed":
      return exit.fine;
    case "refused":
    case "not-started":
      world.err(`millrace: worker ${name}: ${inOneLine(end.reason)}\n`);
      return exit.refused;
    case "scheduler-lost":
      world.err(`millrace: worker ${name}: ${inOneLine(end.reason)}\n`);
      return isReady ? exit.failed : exit.refused;
    case "died":
    case "gave-up":
      world.err(`millrace: worker ${name} is given up: ${inOneLine(end.reason)}\n`);
      return exit.failed;
  }
}

/** A reason that has lines, as a part of one. */
export function inOneLine(reason: string): string {
  return reason.replaceAll(/\s*\n\s*/g, " | ");
}
