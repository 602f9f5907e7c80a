import type { LastWords } from "../messages/worker-deaths.ts";
import type { ExitReason } from "./exit-reason.ts";
import { exitReason } from "./exit-reason.ts";
import type { NannyEnd, NannyEvent, NannyInstruction, ProcessExit } from "./nanny-events.ts";
import { exitCodes } from "./nanny-events.ts";
import type { NannySettings } from "./nanny-settings.ts";
import { nannySettings } from "./nanny-settings.ts";

/** Why a worker is to end. */
type Wish = "retire" | "close" | "lifetime";

type State =
  | { readonly kind: "idle" }
  /** The next worker comes then. */
  | { readonly kind: "waiting"; readonly atMs: number; readonly isCounted: boolean }
  | { readonly kind: "spawning" }
  /** Its lifetime begins when its scheduler knows it. */
  | { readonly kind: "running"; readonly chance: number; readonly lifetimeEndMs: number }
  /** It was asked to end, and is killed at `killAtMs`. */
  | { readonly kind: "ending"; readonly wish: Wish; readonly killAtMs: number }
  /** SIGKILL was sent, and it is about to exit. */
  | { readonly kind: "dying"; readonly cause: "memory" | "late" | "wanted"; readonly wish?: Wish }
  | { readonly kind: "ended" };

/**
 * A nanny: events in, instructions out. It sees to it that there is one worker: starts it, starts
 * it again when it dies, kills it where it takes too much memory or does not end when asked, and
 * gives up where that happens too often. Process, signals and clock belong to whoever drives it.
 */
export class NannyMachine {
  readonly #name: string;
  readonly #settings: NannySettings;
  #state: State = { kind: "idle" };
  /** What is to happen to a worker whose process is about to be there. */
  #wish: "retire" | "close" | "kill" | undefined;
  /** When workers were started anew after a death; only those that still count. */
  #restartsMs: number[] = [];
  #previous: ExitReason | undefined;
  /** How the last worker ended that the scheduler knew, until it knows another one. */
  #words: LastWords | undefined;
  /** The scheduler knows the worker. */
  #isKnown = false;
  #peakBytes = 0;
  /** Whether the worker has run tasks, which may have been what it died of. */
  #hasBegun = false;
  #told: string | undefined;
  #nowMs: number;
  #wakeMs = Infinity;
  #instructions: NannyInstruction[] = [];

  constructor(name: string, settings: Partial<NannySettings>, nowMs: number) {
    this.#name = name;
    this.#settings = nannySettings(settings);
    this.#nowMs = nowMs;
  }

  /** Takes events, all at one time that never goes back; gives what is to be done, in order. */
  handle(events: readonly NannyEvent[], nowMs: number): readonly NannyInstruction[] {
    this.#nowMs = Math.max(nowMs, this.#nowMs);
    for (const event of events) {
      if (this.#state.kind !== "ended") this.#take(event);
    }
    this.#tick();
    this.#wake();
    const instructions = this.#instructions;
    this.#instructions = [];
    return instructions;
  }

  #take(event: NannyEvent): void {
    switch (event.kind) {
      case "started":
        if (this.#state.kind === "idle") this.#spawn();
        return;
      case "spawned":
        this.#spawned(event.pid, event.chance);
        return;
      case "not-spawned":
        if (this.#state.kind !== "spawning") return;
        this.#died({ kind: "not-spawned", text: `no process: ${event.reason}` }, "");
        return;
      case "ready":
        this.#ready();
        return;
      case "began":
        this.#hasBegun = true;
        this.#known();
        return;
      case "told":
        this.#told = event.reason;
        return;
      case "sampled":
        this.#sampled(event.bytes);
        return;
      case "exited":
        this.#exited(event.exit);
        return;
      case "retire-wanted":
        this.#wanted("retire");
        return;
      case "close-wanted":
        this.#wanted("close");
        return;
      case "kill-wanted":
        this.#killWanted();
        return;
      case "ticked":
        // Timers may go off too early, and cannot be set for longer than 24 days.
        this.#wakeMs = Infinity;
        return;
    }
  }

  #spawn(): void {
    this.#state = { kind: "spawning" };
    this.#peakBytes = 0;
    this.#hasBegun = false;
    this.#isKnown = false;
    this.#told = undefined;
    this.#do({ kind: "spawn", previous: this.#previous, words: this.#words });
  }

  #spawned(pid: number, chance: number): void {
    if (this.#state.kind !== "spawning") return;
    this.#state = { kind: "running", chance, lifetimeEndMs: Infinity };
    this.#log("info", "worker started", { pid });
    const wish = this.#wish;
    this.#wish = undefined;
    if (wish === "kill") this.#kill("wanted");
    else if (wish !== undefined) this.#wanted(wish);
  }

  #ready(): void {
    this.#log("info", "worker ready", {});
    this.#known();
    if (this.#state.kind !== "running") return;
    const { lifetimeMs, lifetimeStaggerMs } = this.#settings;
    const staggerMs = (2 * this.#state.chance - 1) * lifetimeStaggerMs;
    // A worker that has no time at all would never be of use.
    const lifetimeEndMs = this.#nowMs + Math.max(lifetimeMs / 2, lifetimeMs + staggerMs);
    this.#state = { ...this.#state, lifetimeEndMs };
  }

  /** Its first task may be heard of before it says that it is known, and may end it by then. */
  #known(): void {
    this.#isKnown = true;
    this.#words = undefined;
  }

  #sampled(bytes: number): void {
    if (this.#state.kind !== "running" && this.#state.kind !== "ending") return;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    const { memoryBytesMax, memoryFraction } = this.#settings;
    if (bytes < memoryBytesMax * memoryFraction) return;
    this.#log("error", "worker out of memory", { bytes, limit: memoryBytesMax });
    this.#kill("memory");
  }

  #wanted(wish: "retire" | "close"): void {
    const state = this.#state;
    switch (state.kind) {
      case "idle":
      case "waiting":
        this.#end(wish === "retire" ? "retired" : "closed", "there was no worker");
        return;
      case "spawning":
        this.#wish = this.#wish === "kill" || this.#wish === "close" ? this.#wish : wish;
        return;
      case "running":
        this.#ask(wish, Infinity);
        return;
      case "ending":
        if (state.wish === wish || state.wish === "close") return;
        // It is retiring already where its lifetime is over.
        if (wish === "close") this.#ask(wish, state.killAtMs);
        else this.#state = { ...state, wish };
        return;
      case "dying":
        this.#state = { ...state, wish };
        return;
      case "ended":
        return;
    }
  }

  #ask(wish: Wish, killAtMs: number): void {
    const { terminateMs, closeMs } = this.#settings;
    const ownMs = this.#nowMs + (wish === "close" ? closeMs : terminateMs);
    this.#state = { kind: "ending", wish, killAtMs: Math.min(killAtMs, ownMs) };
    this.#do(wish === "close" ? { kind: "close" } : { kind: "signal", signal: "SIGTERM" });
  }

  #killWanted(): void {
    switch (this.#state.kind) {
      case "idle":
      case "waiting":
        this.#end("killed", "there was no worker");
        return;
      case "spawning":
        this.#wish = "kill";
        return;
      case "running":
      case "ending":
        this.#kill("wanted");
        return;
      case "dying":
        this.#state = { kind: "dying", cause: "wanted" };
        return;
      case "ended":
        return;
    }
  }

  #kill(cause: "memory" | "late" | "wanted"): void {
    const wish = this.#state.kind === "ending" ? { wish: this.#state.wish } : {};
    this.#state = { kind: "dying", cause, ...wish };
    this.#do({ kind: "signal", signal: "SIGKILL" });
  }

  #exited(exit: ProcessExit): void {
    const state = this.#state;
    if (state.kind !== "running" && state.kind !== "ending" && state.kind !== "dying") return;
    const isKilled = state.kind === "dying" && exit.signal === "SIGKILL";
    if (state.kind === "dying" && state.cause === "wanted") {
      this.#end("killed", "that was wanted");
      return;
    }
    if (!isKilled && this.#endedBySelf(exit, state)) return;
    const wish = state.kind === "running" ? undefined : state.wish;
    const isLate = isKilled && state.cause === "late";
    if (isLate && wish === "lifetime" && this.#settings.lifetimeRestart) {
      this.#spawn();
      return;
    }
    const { terminateMs, closeMs, memoryBytesMax } = this.#settings;
    if (isLate) {
      const givenMs = wish === "close" ? closeMs : terminateMs;
      this.#end("killed", `it did not end within ${givenMs / 1000} s when asked to`);
      return;
    }
    const reason = exitReason(exit, {
      peakBytes: this.#peakBytes,
      limitBytes: memoryBytesMax,
      isOver: isKilled && state.cause === "memory",
    });
    const isWanted = wish === undefined || (wish === "lifetime" && this.#settings.lifetimeRestart);
    if (isWanted) this.#died(reason, exit.stderr);
    // One that has only begun knows no signals.
    else if (exit.signal === "SIGTERM") this.#end("retired", "it had not begun");
    else this.#end("died", reason.text);
  }

  /** Whether the worker ended by its own doing, and no other one is to follow by mistake. */
  #endedBySelf(exit: ProcessExit, state: State): boolean {
    const wish = state.kind === "ending" || state.kind === "dying" ? state.wish : undefined;
    const said = this.#told;
    switch (exit.code) {
      case exitCodes.done:
        if (wish === "lifetime" && this.#settings.lifetimeRestart) this.#spawn();
        else if (wish === "close") this.#end("closed", "that was wanted");
        else if (wish === "lifetime") this.#end("retired", "its lifetime is over");
        else this.#end("retired", wish === "retire" ? "that was wanted" : (said ?? "by itself"));
        return true;
      case exitCodes.notStarted:
        this.#end("not-started", said ?? lastLine(exit.stderr));
        return true;
      case exitCodes.refused:
        this.#end("refused", said ?? lastLine(exit.stderr));
        return true;
      case exitCodes.schedulerLost:
        this.#end("scheduler-lost", said ?? lastLine(exit.stderr));
        return true;
      case undefined:
      default:
        return false;
    }
  }

  #died(reason: ExitReason, stderr: string): void {
    const { restartsMax, restartWindowMs, backoffMs, backoffMsMax } = this.#settings;
    this.#previous = reason;
    if (this.#isKnown) this.#words = { exit: reason.text, stderr };
    const wish = this.#wish;
    this.#wish = undefined;
    if (wish !== undefined) {
      this.#end("died", reason.text);
      return;
    }
    if (this.#hasBegun && (reason.kind === "signal" || reason.kind === "exit")) {
      // Of a task, it seems, for which the scheduler has a limit of its own.
      this.#log("warn", "worker died", { reason: reason.text, restartMs: 0 });
      this.#state = { kind: "waiting", atMs: this.#nowMs, isCounted: false };
      return;
    }
    const count = this.#recent(this.#nowMs).length;
    const delayMs = count === 0 ? 0 : Math.min(backoffMsMax, backoffMs * 2 ** (count - 1));
    const atMs = this.#nowMs + delayMs;
    if (this.#recent(atMs).length >= restartsMax) {
      const said = stderr === "" ? "" : `. Its last words: ${stderr}`;
      const windowS = restartWindowMs / 1000;
      this.#end(
        "gave-up",
        `it was started anew ${restartsMax} times within ${windowS} s; the last died of ${reason.text}${said}`,
      );
      return;
    }
    this.#log("warn", "worker died", { reason: reason.text, restartMs: delayMs });
    this.#state = { kind: "waiting", atMs, isCounted: true };
  }

  /** Restarts that count at a time: by then they are not longer ago than the window. */
  #recent(atMs: number): readonly number[] {
    return this.#restartsMs.filter((each) => each > atMs - this.#settings.restartWindowMs);
  }

  #tick(): void {
    const state = this.#state;
    if (state.kind === "waiting" && state.atMs <= this.#nowMs) {
      if (state.isCounted) this.#restartsMs = [...this.#recent(this.#nowMs), this.#nowMs];
      this.#spawn();
    } else if (state.kind === "running" && state.lifetimeEndMs <= this.#nowMs) {
      this.#log("info", "worker retires", { reason: "its lifetime is over" });
      this.#ask("lifetime", Infinity);
    } else if (state.kind === "ending" && state.killAtMs <= this.#nowMs) {
      this.#log("warn", "worker killed", { reason: "it did not end when asked to" });
      this.#kill("late");
    }
  }

  #wake(): void {
    const atMs = deadlineOf(this.#state);
    if (atMs === this.#wakeMs) return;
    this.#wakeMs = atMs;
    if (atMs < Infinity) this.#do({ kind: "wake", atMs });
  }

  #end(kind: NannyEnd["kind"], reason: string): void {
    this.#state = { kind: "ended" };
    this.#do({ kind: "end", end: { kind, reason } });
  }

  #log(
    level: "info" | "warn" | "error",
    event: string,
    facts: Readonly<Record<string, string | number>>,
  ): void {
    this.#do({ kind: "log", level, event, facts: { worker: this.#name, ...facts } });
  }

  #do(instruction: NannyInstruction): void {
    this.#instructions.push(instruction);
  }
}

/** When a state has to change by itself. */
function deadlineOf(state: State): number {
  switch (state.kind) {
    case "waiting":
      return state.atMs;
    case "running":
      return state.lifetimeEndMs;
    case "ending":
      return state.killAtMs;
    case "idle":
    case "spawning":
    case "dying":
    case "ended":
      return Infinity;
  }
}

function lastLine(stderr: string): string {
  return stderr.trimEnd().split("\n").at(-1) ?? "";
}
