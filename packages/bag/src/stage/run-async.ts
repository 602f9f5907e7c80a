import { runGuard } from "@millrace/graph/tasks";
import { bindCalls } from "./calls.ts";
import type { ElementOp } from "./ops.ts";
import { isAsyncIterable, isPending } from "./settled.ts";
import type { Suspended } from "./suspended.ts";
import type { Terminal } from "./terminals.ts";
import type { SyncSource, Work, WorkSource } from "./work.ts";
import { abandon, asyncElements, chain, elements, failing, remaining, single } from "./work.ts";

/** Most elements of one partition that wait for async callbacks at the same time. */
export const asyncElementsMax = 16;

/** What the elements go through, and how many may be on their way. */
interface Course {
  readonly ops: readonly ElementOp[];
  readonly calls: readonly ((value: unknown) => unknown)[];
  readonly terminal: Terminal;
  readonly places: Places;
  /** Throws once nobody waits for the stage: no callback is called any more. */
  readonly throwIfOver: () => void;
}

/** Places for elements that wait for callbacks: one set for all loops of a stage. */
class Places {
  #freeCount = asyncElementsMax;
  readonly #waiting: (() => void)[] = [];

  get isFree(): boolean {
    return this.#freeCount > 0;
  }

  /** Takes a place until something has settled. */
  takeUntil(settled: Promise<unknown>): void {
    this.#freeCount--;
    const leave = (): void => {
      this.#freeCount++;
      if (this.#waiting.length > 0) for (const wake of this.#waiting.splice(0)) wake();
    };
    settled.then(leave, leave);
  }

  /** The next moment in which a place becomes free; others may take it. */
  async freed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * Finishes an array that the loop could not: elements overlap, at most `asyncElementsMax` at a
 * time, and reach the accumulator in their order.
 */
export async function resumeStage(
  ops: readonly ElementOp[],
  terminal: Terminal,
  suspended: Suspended,
  extras: readonly unknown[],
): Promise<unknown> {
  const { op, value, given, frames } = suspended;
  const throwIfOver = runGuard();
  const calls = bindCalls(ops, extras);
  const course = { ops, terminal, calls, places: new Places(), throwIfOver };
  const rest = [...frames].reverse().map(remaining);
  const source = chain(op > ops.length ? rest : [single({ op, value, given }), ...rest]);
  let acc = suspended.acc;
  try {
    if (op > ops.length) acc = await given;
    if (terminal.done?.(acc) === true) return acc;
    for await (const work of orderedFlow(course, source)) {
      throwIfOver();
      acc = await terminal.step(acc, work.value, work.key);
      if (terminal.done?.(acc) === true) break;
    }
    return acc;
  } catch (error) {
    await abandon(source);
    throw error;
  } finally {
    await source.close();
  }
}

/**
 * The elements as they come out of the last operation. A sampler counts elements, so it must see
 * them in their order: what is before it flows on its own.
 */
function orderedFlow(course: Course, source: WorkSource): AsyncGenerator<Work> {
  let flow = source;
  course.ops.forEach(({ kind }, k) => {
    if (kind === "sample") flow = sourceOf(sampled(course, k, overlap(course, flow, k)));
  });
  return overlap(course, flow, course.ops.length);
}

async function* sampled(
  { calls }: Course,
  k: number,
  flow: AsyncGenerator<Work>,
): AsyncGenerator<Work> {
  for await (const work of flow) {
    if (work.op !== k) yield work;
    else if (calls[k]?.(work.value) === true) yield { op: k + 1, value: work.value };
  }
}

function sourceOf(flow: AsyncGenerator<Work>): WorkSource {
  return {
    next: async () => (await flow.next()).value as Work | undefined,
    close: () => flow.return(undefined),
  };
}

/** What has become of one element: first `ready`, then, when their turn comes, those of `rest`. */
interface Outcome {
  readonly ready: readonly Work[];
  readonly rest: readonly WorkSource[];
}

/** Takes elements up to operation `until`, several at a time; they come out in their order. */
async function* overlap(course: Course, source: WorkSource, until: number): AsyncGenerator<Work> {
  const intake = new Intake(source, course, until);
  /** What the element whose turn it is still spreads into. */
  let turn: readonly WorkSource[] = [];
  try {
    for (let next = intake.next(); next !== undefined; next = intake.next()) {
      const outcome = await next;
      if (outcome === undefined) break;
      turn = outcome.rest;
      yield* outcome.ready;
      if (turn.length > 0) yield* overlap(course, chain(turn), until);
    }
  } catch (error) {
    await abandon(chain([...turn, source]));
    throw error;
  } finally {
    intake.close();
    await chain([...turn, source]).close();
  }
}

/** Starts elements in their order, a bounded number ahead of the one whose turn it is. */
class Intake {
  readonly #source: WorkSource;
  readonly #course: Course;
  readonly #until: number;
  readonly #window: Promise<Outcome>[] = [];
  #open = true;
  /** An asynchronous source is asked for one element at a time. */
  #asked = false;

  constructor(source: WorkSource, course: Course, until: number) {
    this.#source = source;
    this.#course = course;
    this.#until = until;
  }

  /** What becomes of the next element; undefined after the last one. */
  next(): Promise<Outcome | undefined> | undefined {
    this.#fill();
    const outcome = this.#window.shift();
    return outcome === undefined && this.#open ? this.#nextLater() : outcome;
  }

  async #nextLater(): Promise<Outcome | undefined> {
    await this.#course.places.freed();
    return this.next();
  }

  /** Nothing more is taken; iterables of elements that will have no turn clean up. */
  close(): void {
    this.#open = false;
    for (const outcome of this.#window) {
      // The run has its answer or its error: what was started ahead concerns nobody.
      outcome.then(({ rest }) => abandon(chain(rest))).catch(() => undefined);
    }
  }

  #fill(): void {
    const { places } = this.#course;
    while (this.#open && !this.#asked && places.isFree && this.#window.length < asyncElementsMax) {
      let outcome: Promise<Outcome> | undefined;
      try {
        this.#course.throwIfOver();
        const work = this.#source.next();
        outcome = work instanceof Promise ? this.#await(work) : work && this.#expand(work);
      } catch (error) {
        // A failing iterable is told of in its turn, after the elements before it.
        outcome = rejection(error);
        this.#open = false;
      }
      if (outcome === undefined) this.#open = false;
      else this.#add(outcome);
    }
  }

  #add(outcome: Promise<Outcome>): void {
    // Awaited in its turn; until then a failure must not count as unhandled.
    outcome.catch(() => undefined);
    this.#window.push(outcome);
  }

  #expand(work: Work): Promise<Outcome> {
    const outcome = expand(this.#course, work, this.#until);
    this.#course.places.takeUntil(outcome);
    return outcome;
  }

  async #await(asked: Promise<Work | undefined>): Promise<Outcome> {
    this.#asked = true;
    const work = await asked.catch((error: unknown) => {
      this.#open = false;
      throw error;
    });
    const { places } = this.#course;
    while (work !== undefined && !places.isFree) await places.freed();
    this.#asked = false;
    // Closed meanwhile, or at its end.
    if (work === undefined || !this.#open) {
      this.#open = false;
      return nothing;
    }
    const outcome = this.#expand(work);
    this.#fill();
    return outcome;
  }
}

async function rejection(error: unknown): Promise<never> {
  throw error;
}

const nothing: Outcome = { ready: [], rest: [] };

/** Iterables inside of each other that are gone into at once: each takes some of the stack. */
const depthMax = 32;

/** Takes one element to operation `until`, and on the way what it spreads into. */
async function expand(course: Course, work: Work, until: number, depth = 0): Promise<Outcome> {
  const { ops, calls, terminal, throwIfOver } = course;
  let { value } = work;
  if (work.op > until) return { ready: [work], rest: [] };
  for (let k = work.op; k < until; k++) {
    throwIfOver();
    const called = k === work.op && work.given !== undefined;
    let given = called ? work.given : calls[k]?.(value);
    const op = ops[k] as ElementOp;
    // What is plucked is handed on as it is, a promise too: nobody was called for it.
    if (op.kind !== "pluck" && isPending(given)) given = await given;
    switch (op.kind) {
      case "map":
      case "starmap":
      case "pluck":
        value = given;
        break;
      case "filter":
        if (Boolean(given) !== op.keep) return nothing;
        break;
      case "sample":
        if (given !== true) return nothing;
        break;
      case "flatMap":
      case "flatten":
        // What is asynchronous by itself may be slow or endless: it waits for its turn.
        if (isAsyncIterable(given)) return { ready: [], rest: [asyncElements(k + 1, given)] };
        return depth < depthMax
          ? spread(course, elements(op.kind, k + 1, given), until, depth + 1)
          : { ready: [], rest: [elements(op.kind, k + 1, given)] };
    }
  }
  if (until < ops.length || terminal.key === undefined) {
    return { ready: [{ op: until, value }], rest: [] };
  }
  const key = work.op === until && work.given !== undefined ? work.given : terminal.key(value);
  return { ready: [{ op: until, value, key: isPending(key) ? await key : key }], rest: [] };
}

/**
 * The first elements at once, so that they overlap with other elements'; the rest in their turn.
 */
async function spread(
  course: Course,
  source: SyncSource,
  until: number,
  depth: number,
): Promise<Outcome> {
  const ready: Work[] = [];
  try {
    while (ready.length < asyncElementsMax) {
      const work = source.next();
      if (work === undefined) return { ready, rest: [] };
      const outcome = await expand(course, work, until, depth);
      ready.push(...outcome.ready);
      if (outcome.rest.length > 0) return { ready, rest: [...outcome.rest, source] };
    }
    return { ready, rest: [source] };
  } catch (error) {
    await abandon(source);
    return { ready, rest: [failing(error)] };
  }
}
