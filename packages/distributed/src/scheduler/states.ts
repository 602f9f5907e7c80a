/**
 * The states of a task in the scheduler, as numbers of one byte. Which changes there are says
 * {@link transitions}, from which `docs/internals/scheduler.md` is printed.
 */
export const released = 0;
export const waiting = 1;
export const parked = 2;
export const queued = 3;
export const processing = 4;
export const memory = 5;
export const erred = 6;

/** The names of the states, by number. */
export const stateNames = [
  "released",
  "waiting",
  "parked",
  "queued",
  "processing",
  "memory",
  "erred",
] as const;

/** How many states there are. */
export const stateCount: number = stateNames.length;

/** The name of a state. */
export type StateName = (typeof stateNames)[number];

/** What each state means and where the tasks in it are found. */
export const stateMeanings: Readonly<Record<StateName, string>> = {
  released: "It has no value, and nobody needs one now.",
  waiting: "Needed; some input is not in memory yet.",
  parked:
    "Ready, but in no queue: it is to run alone, or no worker may run it, or the reader of its stream " +
    "is far behind.",
  queued:
    "Ready, in the queue of one worker here in the scheduler, or, as one of the roots of its run, " +
    "for whoever asks first.",
  processing: "Sent to a worker, which has not answered.",
  memory: "Its value is with one worker or more.",
  erred: "It failed for good, or something that it reads did.",
};

/**
 * Every change of state that there is, and when it happens. A task begins as `waiting`, a root as
 * `queued`; whatever brings a task back, it waits first and is then placed as if it were new.
 */
export const transitions: readonly (readonly [from: StateName, to: StateName, when: string])[] = [
  ["released", "waiting", "its value is needed again"],
  ["waiting", "queued", "its inputs are in memory, and there is a worker that may run it"],
  ["waiting", "parked", "ready, but to run alone, for no worker here, or too far down a stream"],
  ["waiting", "memory", "what it gathers or stands for is in memory, or a client gave it"],
  ["waiting", "released", "nobody needs it any more"],
  ["waiting", "erred", "something that it reads has failed, or what a client gave is lost"],
  ["parked", "processing", "a worker has nothing else: it may be what the last one died of"],
  ["parked", "waiting", "a worker came, or the reader of the stream; or an input was lost"],
  ["parked", "released", "nobody needs it any more"],
  ["parked", "erred", "no worker that may run it came in time"],
  ["queued", "processing", "its worker, or who takes it over, has a free slot"],
  ["queued", "waiting", "its worker goes, or an input was lost"],
  ["queued", "released", "nobody needs it any more"],
  ["queued", "erred", "no worker came in time for a root"],
  ["processing", "memory", "its worker has the value"],
  [
    "processing",
    "waiting",
    "its worker gave it back, goes or died; it is tried again; an input was lost",
  ],
  ["processing", "released", "nobody needs it any more"],
  ["processing", "erred", "it failed and may not be tried again"],
  ["memory", "released", "its readers have run and no client wants it"],
  ["memory", "waiting", "the last copy was lost"],
  ["erred", "released", "a client asked to try again"],
];

const allowed = new Uint8Array(stateNames.length * stateNames.length);
for (const [from, to] of transitions) {
  allowed[stateNames.indexOf(from) * stateNames.length + stateNames.indexOf(to)] = 1;
}

/** Whether the table has a change. */
export function isAllowed(from: number, to: number): boolean {
  return allowed[from * stateNames.length + to] === 1;
}
