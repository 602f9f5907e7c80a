import fc from "fast-check";
import { expect, test } from "vitest";
import { HeldOutput } from "../../../../packages/distributed/src/messages/shipped.ts";
import { CoordinationMachine } from "../../../../packages/distributed/src/scheduler/coordination/machine.ts";
import type {
  CoordinationInstruction,
  OwnDemand,
} from "../../../../packages/distributed/src/scheduler/coordination/coordination-events.ts";
import type { Told } from "./plain-coordination.ts";
import { PlainCoordination, toldOf } from "./plain-coordination.ts";

const backlogMax = 2;

/** The machine, and what follows from its instructions alone. */
class Real {
  readonly machine = new CoordinationMachine({ backlogMax });
  /** Numbers of leases and subscriptions by the requests that got them. */
  readonly handles = new Map<number, number>();
  /** Requests whose number is a handle. */
  readonly asksForHandle = new Set<number>();
  readonly shares = new Set<number>();
  valueCount = 0;
  requestCount = 0;

  /** What is told, by epoch and request; futures are kept as long as they are given. */
  carryOut(instructions: readonly CoordinationInstruction[]): Map<string, Told> {
    const told = new Map<string, Told>();
    for (const each of instructions) {
      switch (each.kind) {
        case "reply": {
          const { epoch, request, outcome } = each;
          const isHandle = this.asksForHandle.has(request);
          if (isHandle && outcome.kind === "number") this.handles.set(request, outcome.number);
          expect(told.has(`${epoch} ${request}`)).toBe(false);
          told.set(`${epoch} ${request}`, toldOf(outcome, isHandle, request));
          break;
        }
        case "share":
          this.shares.add(each.share);
          break;
        case "adopt":
        case "entrust":
          expect(this.shares.has(each.share)).toBe(true);
          break;
        case "unshare":
          expect(this.shares.delete(each.share)).toBe(true);
      }
    }
    return told;
  }
}

function check(model: PlainCoordination, real: Real): void {
  const { waiting, values, held } = real.machine.counts;
  expect({ waiting, values, held }).toEqual({
    waiting: model.waiting.length,
    values: model.values.length,
    held: model.heldCount,
  });
  expect(real.shares.size).toBe(model.values.filter(({ futures }) => futures > 0).length);
  for (const { leasesMax, holders } of model.permits.values()) {
    expect(holders.length).toBeLessThanOrEqual(leasesMax);
  }
}

/** A demand before it is known which values and handles there are. */
type Draft =
  | Exclude<OwnDemand, { value: unknown } | { lease: number } | { subscription: number } | Withdraw>
  | { readonly kind: "queue-put"; readonly name: string; readonly lengthMax: number }
  | { readonly kind: "variable-set"; readonly name: string; readonly isNew: boolean }
  | { readonly kind: "topic-publish"; readonly name: string }
  | { readonly kind: "entrust" }
  | { readonly kind: "let-go" | "topic-next" | "topic-leave" | "withdraw"; readonly nth: number };

type Withdraw = { readonly kind: "withdraw" };

class Says implements fc.Command<PlainCoordination, Real> {
  readonly epoch: number;
  readonly draft: Draft;
  readonly futures: number;

  constructor(epoch: number, draft: Draft, futures: number) {
    this.epoch = epoch;
    this.draft = draft;
    this.futures = futures;
  }

  check(): boolean {
    return true;
  }

  run(model: PlainCoordination, real: Real): void {
    const request = real.requestCount++;
    const id = real.valueCount++;
    const block = { header: new Uint8Array(4), buffers: [] };
    new DataView(block.header.buffer).setUint32(0, id);
    const holds = Array.from({ length: this.futures }, (_, n) => new HeldOutput(id, n));
    const [theirs, ours] = this.#demands(model, real, { block, holds });
    if (ours.kind === "acquire" || ours.kind === "topic-subscribe") real.asksForHandle.add(request);
    const event = { kind: "demanded", epoch: this.epoch, request, demand: ours } as const;
    const told = real.carryOut(real.machine.handle(event));
    const expected = model.demand(this.epoch, request, theirs, { id, futures: this.futures });
    expect(told).toEqual(expected);
    check(model, real);
  }

  /** What the model hears, in which requests stand for what they have got, and the machine. */
  #demands(
    { waiting, subscriptions, permits }: PlainCoordination,
    real: Real,
    value: Extract<OwnDemand, { kind: "queue-put" }>["value"],
  ): readonly [OwnDemand, OwnDemand] {
    const { draft } = this;
    switch (draft.kind) {
      case "queue-put":
      case "topic-publish":
      case "entrust":
        return twice({ ...draft, value } as OwnDemand);
      case "variable-set":
        return twice({ ...draft, space: "variable", value });
      case "withdraw":
        return twice({ kind: "withdraw", request: nth(waiting, draft.nth)?.request ?? 0 });
      case "let-go": {
        const all = [...permits.values()].flatMap(({ holders }) => holders);
        const lease = nth(all, draft.nth)?.request ?? -1;
        const ours = real.handles.get(lease) ?? 0;
        return [
          { kind: "let-go", lease },
          { kind: "let-go", lease: ours },
        ];
      }
      case "topic-next":
      case "topic-leave": {
        const subscription = nth(subscriptions, draft.nth)?.request ?? -1;
        const ours = real.handles.get(subscription) ?? 0;
        const { kind } = draft;
        return [
          { kind, subscription },
          { kind, subscription: ours },
        ];
      }
      default:
        return twice(draft);
    }
  }

  toString(): string {
    return `${this.epoch} says ${JSON.stringify(this.draft)} with ${this.futures} futures`;
  }
}

class Leaves implements fc.Command<PlainCoordination, Real> {
  readonly epoch: number;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  check(): boolean {
    return true;
  }

  run(model: PlainCoordination, real: Real): void {
    const told = real.carryOut(real.machine.handle({ kind: "left", epoch: this.epoch }));
    expect(told).toEqual(model.leave(this.epoch));
    check(model, real);
  }

  toString(): string {
    return `${this.epoch} is gone`;
  }
}

function twice(demand: OwnDemand): readonly [OwnDemand, OwnDemand] {
  return [demand, demand];
}

function nth<T>(list: readonly T[], n: number): T | undefined {
  return list[n % Math.max(1, list.length)];
}

const epochs = [1, 2, 3];
const epoch = fc.constantFrom(...epochs);
const name = fc.constantFrom("x", "x", "x", "y");
const waits = fc.boolean();
const index = fc.nat({ max: 20 });
const run = fc.constant(0);

const drafts = fc.oneof(
  fc.record({ kind: fc.constant("queue-put"), name, lengthMax: fc.constantFrom(0, 1, 2, 9) }),
  fc.record({ kind: fc.constant("queue-get"), name, waits, run }),
  fc.record({ kind: fc.constantFrom("queue-size", "queue-clear"), name }),
  fc.record({
    kind: fc.constant("acquire"),
    space: fc.constantFrom("lock", "semaphore"),
    name,
    leasesMax: fc.constantFrom(1, 1, 1, 2),
    waits,
  }),
  fc.record({ kind: fc.constantFrom("event-set", "event-clear", "topic-subscribe"), name }),
  fc.record({ kind: fc.constant("event-get"), name, waits }),
  fc.record({ kind: fc.constant("variable-set"), name, isNew: fc.boolean() }),
  fc.record({
    kind: fc.constant("variable-get"),
    space: fc.constant("variable"),
    name,
    waits,
    run,
  }),
  fc.record({ kind: fc.constant("variable-delete"), space: fc.constant("variable"), name }),
  fc.record({ kind: fc.constant("variable-names"), space: fc.constant("variable") }),
  fc.record({ kind: fc.constant("topic-publish"), name }),
  fc.record({ kind: fc.constant("entrust") }),
  fc.record({
    kind: fc.constantFrom("let-go", "topic-next", "topic-leave", "withdraw"),
    nth: index,
  }),
  fc.constant({ kind: "leave" }),
) as fc.Arbitrary<Draft>;

const commands = [
  fc.tuple(epoch, drafts, fc.constantFrom(0, 0, 0, 2)).map((of) => new Says(...of)),
  fc.tuple(epoch, drafts, fc.constantFrom(0, 0, 0, 2)).map((of) => new Says(...of)),
  fc.tuple(epoch, drafts, fc.constantFrom(0, 0, 0, 2)).map((of) => new Says(...of)),
  fc.tuple(epoch, drafts, fc.constantFrom(0, 0, 0, 2)).map((of) => new Says(...of)),
  epoch.map((each) => new Leaves(each)),
];

test("clients are told what plain lists would tell them, whoever comes and goes", () => {
  fc.assert(
    fc.property(fc.commands(commands, { size: "max", maxCommands: 200 }), (all) => {
      const real = new Real();
      const model = new PlainCoordination(backlogMax);
      fc.modelRun(() => ({ model, real }), all);
      for (const each of epochs) new Leaves(each).run(model, real);
      // What stays is what was put and set for whoever comes next.
      expect(real.machine.counts).toMatchObject({ waiting: 0, held: 0 });
      const used = [
        ...[...model.queues.values()].filter(({ values }) => values.length > 0),
        ...[...model.flags.values()].filter(({ isSet }) => isSet),
        ...[...model.variables.values()].filter(({ value }) => value !== undefined),
      ];
      expect(real.machine.counts.names).toBe(used.length);
    }),
    { numRuns: 150 },
  );
});
