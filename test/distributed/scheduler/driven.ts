import type { Key, TaskSpec } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, ownFunctions, ref, task } from "@millrace/graph";
import type {
  ClientMessage,
  RunSettings,
  ToClientMessage,
} from "../../../packages/distributed/src/messages/client-messages.ts";
import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import type { Answer } from "../../../packages/distributed/src/messages/questions.ts";
import type { Rows } from "../../../packages/distributed/src/messages/rows.ts";
import type { HeldOutput } from "../../../packages/distributed/src/messages/shipped.ts";
import { emptyReport } from "../../../packages/distributed/src/messages/worker-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type { SchedulerEvent } from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import type { SchedulerSettings } from "../../../packages/distributed/src/scheduler/settings.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";

const client = 1;

/** A worker of one thread. */
export function joins(
  epoch: number,
  resources: Readonly<Record<string, number>> = {},
): SchedulerEvent {
  const place = { address: "a", host: "h", threads: 1, memoryBytesMax: 1e9 };
  return { kind: "worker-connected", epoch, offer: { ...place, name: `w${epoch}`, resources } };
}

/** A scheduler that is driven by the ticks that it asks for, as by a process. */
export class Driven {
  readonly machine: SchedulerMachine;
  readonly told: ToClientMessage[] = [];
  readonly logged: { readonly event: string; readonly facts: object }[] = [];
  /** Task and attempt of what workers were given. */
  readonly sent: (readonly [task: number, attempt: number])[] = [];
  /** The same messages, with all their numbers. */
  readonly computed: Rows[] = [];
  #runs = 0;
  #nowMs = 0;
  #wakeMs = Infinity;

  constructor(settings: Partial<SchedulerSettings> = {}) {
    this.machine = new SchedulerMachine({ checked: true, journalMax: 10, ...settings }, 0);
    this.feed({ kind: "client-connected", epoch: client, name: "c" });
  }

  feed(...events: SchedulerEvent[]): void {
    for (const instruction of this.machine.handle(events, this.#nowMs)) {
      if (instruction.kind === "wake") this.#wakeMs = instruction.atMs;
      else if (instruction.kind === "tell-client") this.told.push(instruction.message);
      else if (instruction.kind === "tell-worker" && instruction.message.kind === "compute") {
        const [task, attempt] = instruction.message.rows;
        this.sent.push([task as number, attempt as number]);
        this.computed.push(instruction.message.rows);
      } else if (instruction.kind === "warn") this.logged.push(instruction);
    }
    this.machine.validate();
  }

  /** A worker reports the tasks that it was given last as begun, or as done after so long. */
  report(epoch: number, tookMs?: number): void {
    const [task, attempt] = this.sent.at(-1) as readonly [number, number];
    const news =
      tookMs === undefined
        ? { started: [task, attempt] }
        : { done: [task, attempt, 1, tookMs * 1_000] };
    this.feed({ kind: "worker-said", epoch, message: { ...emptyReport, ...news } });
  }

  /** A run of equal tasks. */
  submit(count: number, changes: Partial<RunSettings>): void {
    const names = Array.from({ length: count }, (_, t) => `t${t}`);
    this.submitTasks(Object.fromEntries(names.map((name) => [name, []])), names, changes);
  }

  /** A run of tasks, each with those that it reads; gives its number. */
  submitTasks(
    reads: Readonly<Record<Key, readonly Key[]>>,
    keys: readonly Key[],
    changes: Partial<RunSettings> = {},
  ): number {
    const tasks = Object.entries(reads).map(
      ([key, inputs]) => [key, task(standIn("f"), [0, ...inputs.map(ref)])] as const,
    );
    return this.#submit(tasks, keys, [], changes);
  }

  /** A run of one task, which stands for an output of an earlier run; gives its number. */
  submitHeld(key: Key, held: HeldOutput): number {
    return this.#submit([[key, task(ownFunctions.identity, [held])]], [key], [held], {});
  }

  #submit(
    tasks: readonly (readonly [Key, TaskSpec])[],
    keys: readonly Key[],
    holds: readonly HeldOutput[],
    changes: Partial<RunSettings>,
  ): number {
    const run = this.#runs++;
    const graph = new LayeredGraph().withLayer(new MaterializedLayer(`all ${run}`, tasks));
    const settings = { ...plainSettings, ...changes };
    const functions = [{ name: "f", bytes: new Uint8Array(1) }];
    this.hear({ kind: "submit", run, graph, keys, functions, holds, settings });
    this.feed({ kind: "expanded", epoch: client, run, graph: expandGraph(graph, keys, settings) });
    return run;
  }

  /** The client says something. */
  hear(message: ClientMessage): void {
    this.feed({ kind: "client-said", epoch: client, message });
  }

  /** The first worker does all that it has and is given. */
  workOff(): void {
    for (;;) {
      const [worker] = this.machine.snapshot.workers;
      const [task, attempt] = worker?.sent ?? [];
      if (worker === undefined || task === undefined || attempt === undefined) return;
      const message = { ...emptyReport, done: [task, attempt, 1, 1_000] };
      this.feed({ kind: "worker-said", epoch: worker.epoch, message });
    }
  }

  /** A worker reports that the task which it was given last has failed. */
  reportFailed(epoch: number): void {
    const [task, attempt] = this.sent.at(-1) as readonly [number, number];
    const failure = { kind: "threw", thrown: undefined } as const;
    const message = { kind: "failed", task, attempt, us: 1, failure } as const;
    this.feed({ kind: "worker-said", epoch, message });
  }

  /** A client asks where to put values; the number of the run is that of the request. */
  scatter(keys: readonly string[]): void {
    const run = this.#runs++;
    const question = { kind: "scatter", run, keys, bytes: keys.map(() => 8) } as const;
    this.hear({ kind: "ask", request: run, question });
  }

  /** What the client was answered. */
  get answers(): readonly Answer[] {
    return this.told.flatMap((message) => (message.kind === "answer" ? [message.answer] : []));
  }

  /** Lets time pass; workers are heard of all the while. */
  until(ms: number, workers: readonly number[] = []): void {
    while (this.#wakeMs <= ms) {
      this.#nowMs = this.#wakeMs;
      this.#wakeMs = Infinity;
      const heard = workers.map((epoch): SchedulerEvent => {
        const message = { kind: "heartbeat", sentMs: this.#nowMs } as const;
        return { kind: "worker-said", epoch, message };
      });
      this.feed(...heard, { kind: "ticked" });
    }
    this.#nowMs = ms;
  }

  /** What the client was warned of. */
  get warnings(): readonly string[] {
    return this.told.flatMap((message) => (message.kind === "warned" ? [message.text] : []));
  }

  get failures(): readonly unknown[] {
    return this.told.flatMap((message) =>
      message.kind === "failed" ? [{ outputs: [...message.outputs], ...message.failure }] : [],
    );
  }
}
