import fc from "fast-check";
import { expect, it } from "vitest";
import { NannyMachine } from "../../../packages/distributed/dist/nanny/machine.js";
import type {
  NannyEnd,
  NannyEvent,
  NannyInstruction,
} from "../../../packages/distributed/dist/nanny/nanny-events.js";

const TERMINATE_MS = 30_000;
const CLOSE_MS = 5_000;
const WINDOW_MS = 60_000;
const LIMIT = 1_000;

type Step =
  | { readonly kind: "exit"; readonly code?: number; readonly signal?: string }
  | { readonly kind: "sample"; readonly bytes: number }
  | { readonly kind: "want"; readonly what: "retire-wanted" | "close-wanted" | "kill-wanted" }
  | { readonly kind: "begin" }
  | { readonly kind: "nothing" };

interface Case {
  readonly lifetimeMs: number;
  readonly lifetimeRestart: boolean;
  /** Whether each timer goes off too early once. */
  readonly isHasty: boolean;
  /** Which of the first processes cannot be made. */
  readonly failing: readonly boolean[];
  readonly steps: readonly (readonly [number, Step])[];
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("exit"), code: fc.constantFrom(0, 1, 134) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("exit"), code: fc.constantFrom(2, 3, 4) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("exit"),
      signal: fc.constantFrom("SIGKILL", "SIGTERM", "SIGSEGV"),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("sample"), bytes: fc.nat(1_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("want"),
      what: fc.constantFrom("retire-wanted", "close-wanted", "kill-wanted"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "begin" }) },
  { weight: 4, arbitrary: fc.constant({ kind: "nothing" }) },
) as fc.Arbitrary<Step>;

const cases: fc.Arbitrary<Case> = fc.record({
  lifetimeMs: fc.constantFrom(Infinity, 500, 20_000),
  lifetimeRestart: fc.boolean(),
  isHasty: fc.boolean(),
  failing: fc.array(fc.boolean(), { maxLength: 4 }),
  steps: fc.array(fc.tuple(fc.oneof(fc.nat(2_000), fc.nat(50_000)), step), {
    maxLength: 60,
    size: "max",
  }),
});

/** A machine whose child is only said to be there, and what must hold whatever happens to it. */
class World {
  readonly #machine: NannyMachine;
  readonly #failing: boolean[];
  readonly #isHasty: boolean;
  nowMs = 0;
  wakeMs = Infinity;
  isAlive = false;
  isKilled = false;
  askedMs: number | undefined;
  end: NannyEnd | undefined;
  /** Since when no worker may be started any more. */
  isLast = false;
  /** Whether the last exit was one after a lifetime, or it had run tasks. */
  wasLifetime = false;
  wasOfTasks = false;
  hasBegun = false;
  isLifetimeOver = false;
  restartsMs: number[] = [];
  spawnCount = 0;

  constructor({ lifetimeMs, lifetimeRestart, failing, isHasty }: Case) {
    const settings = { lifetimeMs, lifetimeRestart, memoryBytesMax: LIMIT };
    this.#machine = new NannyMachine("w", settings, 0);
    this.#failing = [...failing];
    this.#isHasty = isHasty;
  }

  happen(...events: NannyEvent[]): void {
    const wasEnded = this.end !== undefined;
    const instructions = this.#machine.handle(events, this.nowMs);
    if (wasEnded) expect(instructions).toEqual([]);
    const more = instructions.flatMap((each) => this.#do(each));
    if (more.length > 0) this.happen(...more);
  }

  #do(instruction: NannyInstruction): NannyEvent[] {
    expect(this.end).toBeUndefined();
    switch (instruction.kind) {
      case "spawn":
        return this.#spawn();
      case "signal":
        expect(this.isAlive).toBe(true);
        if (instruction.signal === "SIGKILL") this.isKilled = true;
        else this.askedMs = this.nowMs + TERMINATE_MS;
        return [];
      case "close":
        this.askedMs = this.nowMs + CLOSE_MS;
        return [];
      case "log":
        if (instruction.event === "worker retires") this.isLifetimeOver = true;
        return [];
      case "wake":
        expect(instruction.atMs).toBeGreaterThanOrEqual(this.nowMs);
        this.wakeMs = instruction.atMs;
        return [];
      case "end":
        expect(this.isAlive).toBe(false);
        this.end = instruction.end;
        return [];
    }
  }

  #spawn(): NannyEvent[] {
    expect(this.isAlive).toBe(false);
    expect(this.isLast).toBe(false);
    const isFresh = this.spawnCount++ === 0 || this.wasLifetime || this.wasOfTasks;
    if (!isFresh) this.restartsMs.push(this.nowMs);
    this.wasLifetime = false;
    this.wasOfTasks = false;
    this.hasBegun = false;
    const recent = this.restartsMs.filter((each) => each > this.nowMs - WINDOW_MS);
    expect(recent.length).toBeLessThanOrEqual(5);
    if (this.#failing.shift()) return [{ kind: "not-spawned", reason: "EAGAIN" }];
    this.isAlive = true;
    this.isKilled = false;
    this.isLifetimeOver = false;
    this.askedMs = undefined;
    return [{ kind: "spawned", pid: 1, chance: 0.5 }, { kind: "ready" }];
  }

  /** Time goes on; whoever is to be woken is woken in time. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.wakeMs <= untilMs && this.end === undefined) {
      const { wakeMs } = this;
      if (this.#isHasty && wakeMs - 0.5 > this.nowMs) {
        this.nowMs = wakeMs - 0.5;
        this.wakeMs = Infinity;
        this.happen({ kind: "ticked" });
        if (!this.isKilled) expect(this.wakeMs).toBe(wakeMs);
      }
      this.nowMs = Math.max(this.nowMs, wakeMs);
      this.wakeMs = Infinity;
      this.happen({ kind: "ticked" });
      // Nobody who was asked to end lives on when its time is over.
      const isLate = this.isAlive && this.askedMs !== undefined && this.nowMs >= this.askedMs;
      if (isLate) expect(this.isKilled).toBe(true);
    }
    this.nowMs = untilMs;
  }

  exit(code: number | undefined, signal: string | undefined): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.wasLifetime = this.isLifetimeOver;
    this.wasOfTasks = this.hasBegun && !this.isKilled;
    const isFinal = code === 2 || code === 3 || code === 4 || (code === 0 && !this.wasLifetime);
    // A process that was killed does not tell by itself how it ended.
    if (isFinal && signal === undefined) this.isLast = true;
    this.happen({ kind: "exited", exit: { code, signal, stderr: "" } });
    if (this.isLast) expect(this.end).toBeDefined();
  }

  step(each: Step): void {
    // SIGKILL is not for the process to refuse.
    if (this.isKilled && this.isAlive) this.exit(undefined, "SIGKILL");
    switch (each.kind) {
      case "exit":
        this.exit(each.code, each.signal);
        return;
      case "sample":
        if (this.isAlive) this.happen({ kind: "sampled", bytes: each.bytes });
        if (this.isAlive && each.bytes >= LIMIT * 0.95) expect(this.isKilled).toBe(true);
        return;
      case "want":
        this.isLast = true;
        this.happen({ kind: each.what });
        if (!this.isAlive) expect(this.end).toBeDefined();
        return;
      case "begin":
        if (!this.isAlive) return;
        this.hasBegun = true;
        this.happen({ kind: "began" });
        return;
      case "nothing":
        return;
    }
  }
}

it("never two workers, never more than five restarts a minute, nothing after the end", () => {
  const seen = { ends: new Set<string>(), restartsMax: 0 };
  fc.assert(
    fc.property(cases, (drawn) => {
      const world = new World(drawn);
      world.happen({ kind: "started" });
      for (const [ms, each] of drawn.steps) {
        world.pass(ms);
        world.step(each);
        // Nobody waits for a worker that is never to come.
        const isWaiting = !world.isAlive && world.end === undefined;
        if (isWaiting) expect(world.wakeMs).toBeLessThan(Infinity);
      }
      // Whatever came before, a nanny can be ended.
      world.step({ kind: "want", what: "kill-wanted" });
      world.step({ kind: "nothing" });
      expect(world.end).toBeDefined();
      world.happen({ kind: "started" }, { kind: "retire-wanted" }, { kind: "ticked" });
      seen.ends.add(world.end?.kind ?? "");
      seen.restartsMax = Math.max(seen.restartsMax, world.restartsMs.length);
    }),
    { numRuns: 2_000 },
  );
  // What is never reached is not tested.
  expect([...seen.ends].toSorted()).toEqual([
    "closed",
    "died",
    "gave-up",
    "killed",
    "not-started",
    "refused",
    "retired",
    "scheduler-lost",
  ]);
  expect(seen.restartsMax).toBeGreaterThan(5);
});
