import { Random } from "../lib/random.ts";
import type { Road } from "./network.ts";
import type { CrashPoint, Fault } from "./scenario.ts";
import { crashPoints } from "./scenario.ts";
import type { VirtualWorker } from "./virtual-worker.ts";
import type { World } from "./world.ts";

/** Makes something go wrong, now. */
export function strike(world: World, fault: Fault, index: number): void {
  world.trace("fault", fault);
  const { scheduler, clock, workers } = world;
  const { kind, lastMs, other } = fault;
  if (kind === "stall-scheduler") {
    scheduler.stalledUntilMs = clock.nowMs + Math.min(lastMs, 2_000);
  } else if (kind === "restart-scheduler") {
    world.hasRestarted = true;
    world.mark("scheduler restarted");
    scheduler.restart();
  } else if (kind === "resend") scheduler.resend();
  else if (kind === "join") {
    world.addWorker(`x${index}`, { threads: 1 + (other % 3), host: other % 2, gpu: other % 2 });
  } else {
    const worker = workers[fault.worker % Math.max(1, workers.length)];
    if (worker !== undefined) strikeWorker(world, worker, fault, index);
  }
}

function strikeWorker(world: World, worker: VirtualWorker, fault: Fault, index: number): void {
  const { clock, workers, clients, scenario } = world;
  const { kind, lastMs, other } = fault;
  const untilMs = clock.nowMs + lastMs;
  const random = new Random(scenario.seed, "fault", index);
  switch (kind) {
    case "crash":
    case "crash-silently":
      worker.crash({ isSilent: kind === "crash-silently", restartMs: lastMs });
      return;
    case "leave":
      worker.crash({ isSilent: false, restartMs: 0 });
      return;
    case "retire":
      worker.retire({ isAskedTo: other % 2 === 1, deadlineMs: lastMs });
      return;
    case "crash-at-point":
      worker.crashPoint = crashPoints[other % crashPoints.length] as CrashPoint;
      return;
    case "lie":
      worker.lie = other % 2 === 0 ? "denies" : "garbles";
      return;
    case "drop":
      worker.dropConnection();
      return;
    case "cut":
    case "mute":
    case "deafen":
      if (kind !== "deafen") block(worker.up, untilMs);
      if (kind !== "mute") block(worker.down, untilMs);
      return;
    case "cut-peers":
      world.cut(worker.name, workers[other % workers.length]?.name ?? "", untilMs);
      return;
    case "cut-client":
      world.cut(worker.name, clients[other % clients.length]?.name ?? "", untilMs);
      return;
    case "pause":
      worker.pause(untilMs);
      return;
    case "slow":
      worker.threads.slowness = 20;
      worker.later(lastMs, () => (worker.threads.slowness = 1));
      return;
    case "lag":
      worker.up.slowness = 30;
      worker.down.slowness = 30;
      clock.after(lastMs, () => {
        worker.up.slowness = 1;
        worker.down.slowness = 1;
      });
      return;
    case "pressure":
      worker.feed({ kind: "pressure", paused: true, bytes: worker.store.bytes });
      worker.later(lastMs, () => relieve(worker));
      return;
    case "lose-values":
      loseValues(worker, random);
      return;
    case "corrupt-values":
      worker.store.corrupt(() => random.chance(0.5));
      return;
    default:
      throw new Error(`${kind} does nothing to a worker`);
  }
}

/** One that is blocked for longer stays so: what waits there has its time already. */
function block(road: Road, untilMs: number): void {
  road.blockedUntilMs = Math.max(road.blockedUntilMs, untilMs);
}

function relieve(worker: VirtualWorker): void {
  worker.feed({ kind: "pressure", paused: false, bytes: worker.store.bytes });
}

/** The disk is gone, with what was on it. */
function loseValues(worker: VirtualWorker, random: Random): void {
  const values = worker.store.names.filter(() => random.chance(0.5));
  for (const name of values) worker.store.drop(name);
  if (values.length > 0) worker.feed({ kind: "lost", values });
}

/** Nothing goes wrong any more, and what has is mended, as far as can be. */
export function heal(world: World): void {
  world.heal();
  world.scheduler.stalledUntilMs = 0;
  const { workers, clients } = world;
  for (const worker of workers) {
    for (const road of [worker.up, worker.down]) {
      if (road.frameCount > 0) world.lateUntilMs = Math.max(world.lateUntilMs, road.blockedUntilMs);
      road.blockedUntilMs = 0;
      road.slowness = 1;
    }
    worker.resume();
    worker.crashPoint = undefined;
    if (worker.lie !== undefined) worker.lie = "is over";
    worker.threads.slowness = 1;
    if (worker.life === 0) worker.start();
    else relieve(worker);
  }
  for (const { up, down } of clients) {
    up.blockedUntilMs = 0;
    down.blockedUntilMs = 0;
  }
}
