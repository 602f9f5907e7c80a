import type { FailureKind } from "../messages/failure.ts";
import type { RingPage } from "./attempt-ring.ts";

/** Something that happened to a scheduler and that people may want to know of. */
export type JournalFacts =
  | {
      readonly kind: "worker-joined";
      readonly worker: string;
      readonly epoch: number;
      readonly address: string;
      readonly threads: number;
    }
  /** `tasks` that it had and `values` of which it had the last copy went with it. */
  | {
      readonly kind: "worker-left";
      readonly worker: string;
      readonly epoch: number;
      readonly reason: string;
      readonly tasks: number;
      readonly values: number;
    }
  /** Others did not get from it what it claims to hold; it was sent away. */
  | {
      readonly kind: "worker-distrusted";
      readonly worker: string;
      readonly epoch: number;
      readonly reason: string;
    }
  /** It takes no tasks until memory is free again. */
  | { readonly kind: "worker-paused"; readonly worker: string; readonly epoch: number }
  | { readonly kind: "worker-resumed"; readonly worker: string; readonly epoch: number }
  | { readonly kind: "client-joined"; readonly client: string; readonly epoch: number }
  | {
      readonly kind: "client-left";
      readonly client: string;
      readonly epoch: number;
      readonly reason: string;
    }
  /** It broke the rules. */
  | { readonly kind: "peer-sent-away"; readonly epoch: number; readonly reason: string }
  | {
      readonly kind: "run-accepted";
      readonly run: number;
      readonly client: string;
      readonly tasks: number;
    }
  /** Its graph is no good. */
  | { readonly kind: "run-rejected"; readonly client: string; readonly reason: string }
  /** Nobody wants anything of it any more. */
  | {
      readonly kind: "run-ended";
      readonly run: number;
      readonly client: string;
      readonly tasks: number;
      readonly failed: number;
      readonly tookMs: number;
    }
  /** For good: it is not tried again unless a client asks for that. */
  | {
      readonly kind: "task-failed";
      readonly run: number;
      readonly key: string;
      readonly failure: FailureKind;
      readonly attempts: number;
      readonly workers: readonly string[];
    }
  /** It has run far longer than others that do the same. */
  | {
      readonly kind: "task-slow";
      readonly run: number;
      readonly key: string;
      readonly worker: string;
      readonly tookMs: number;
      readonly medianMs: number;
    }
  /** No worker may run tasks of a client. */
  | {
      readonly kind: "tasks-stranded";
      readonly client: string;
      readonly tasks: number;
      readonly key: string;
      readonly reason: string;
    }
  /** A worker could not read a value, or give it to others. */
  | {
      readonly kind: "value-lost";
      readonly run: number;
      readonly key: string;
      readonly worker: string;
    };

/** The kinds of what is noted. */
export type JournalKind = JournalFacts["kind"];

/** What happened, and when. */
export type JournalEntry = JournalFacts & {
  /** Its place among all that were noted, from 0. */
  readonly number: number;
  /** The scheduler's clock, milliseconds. */
  readonly atMs: number;
};

/** Each subject has room of its own: many runs do not push out why a worker left. */
const subjects = {
  "worker-joined": "peers",
  "worker-left": "peers",
  "worker-distrusted": "peers",
  "worker-paused": "peers",
  "worker-resumed": "peers",
  "client-joined": "peers",
  "client-left": "peers",
  "peer-sent-away": "peers",
  "run-accepted": "runs",
  "run-rejected": "runs",
  "run-ended": "runs",
  "task-failed": "failures",
  "task-slow": "failures",
  "tasks-stranded": "failures",
  "value-lost": "failures",
} as const satisfies Record<JournalKind, string>;

/** All kinds, for who counts them. */
export const journalKinds = Object.keys(subjects) as readonly JournalKind[];

type Subject = (typeof subjects)[JournalKind];

const textCharactersMax = 1_000;
const namesMax = 16;

/** What happened of late, the oldest is forgotten; how often each kind did is not. */
export class Journal {
  /** How often each kind was noted. */
  readonly counts: ReadonlyMap<JournalKind, number>;
  readonly #counts = new Map(journalKinds.map((kind) => [kind, 0]));
  readonly #rings: Readonly<Record<Subject, JournalEntry[]>> = {
    peers: [],
    runs: [],
    failures: [],
  };
  readonly #max: number;
  #next = 0;

  /** `max` is how many of each subject it holds; 0 for none. */
  constructor(max: number) {
    this.#max = max;
    this.counts = this.#counts;
  }

  note(atMs: number, facts: JournalFacts): void {
    this.#counts.set(facts.kind, 1 + (this.#counts.get(facts.kind) ?? 0));
    if (this.#max === 0) return;
    const ring = this.#rings[subjects[facts.kind]];
    ring.push({ ...bounded(facts), number: this.#next++, atMs });
    // Half of it goes at a time: to take one off the front of a long list costs as much.
    if (ring.length > this.#max) ring.splice(0, Math.ceil(this.#max / 2));
  }

  /** At most `limit` entries from number `since` on, the oldest first. */
  page(since: number, limit: number): RingPage<JournalEntry> {
    const found = Object.values(this.#rings).flatMap((ring) => {
      const first = firstFrom(ring, since);
      // One more than is given tells whether there is more.
      return ring.slice(first, first + limit + 1);
    });
    const entries = found.toSorted((a, b) => a.number - b.number).slice(0, limit);
    const isAll = entries.length === found.length;
    const last = entries.at(-1);
    const next = isAll ? this.#next : last === undefined ? since : last.number + 1;
    const between = Math.max(0, next - Math.min(since, next));
    return { entries, next, forgotten: between - entries.length };
  }

  /** How many were noted. */
  get next(): number {
    return this.#next;
  }
}

/** Where the entries with numbers of at least `since` begin. */
function firstFrom(ring: readonly JournalEntry[], since: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ring[middle] as JournalEntry).number < since) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Texts and lists of a peer's making, cut to what is worth keeping. */
function bounded(facts: JournalFacts): JournalFacts {
  const entries = Object.entries(facts).map(([name, value]: [string, unknown]) => {
    if (typeof value === "string") return [name, value.slice(0, textCharactersMax)];
    return [name, Array.isArray(value) ? value.slice(-namesMax) : value];
  });
  return Object.fromEntries(entries) as JournalFacts;
}
