import { describe, expect, test } from "vitest";
import type { OwnDemand } from "../../../../packages/distributed/src/scheduler/coordination/coordination-events.ts";
import { CoordinationMachine } from "../../../../packages/distributed/src/scheduler/coordination/machine.ts";
import type { Outcome } from "../../../../packages/distributed/src/messages/coordination.ts";

const [maker, hostEpoch, other] = [1, 2, 3];
const name = "counter";
const valueOf = (n: number) => ({ block: { header: Uint8Array.of(n), buffers: [] }, holds: [] });
const nothing = { waiting: 0, values: 0, bytes: 0, names: 0, held: 0 };

/** A machine, and what each of its clients was told, as `client: what`. */
class Told {
  readonly machine = new CoordinationMachine();
  #requests = 0;

  say(epoch: number, demand: OwnDemand): readonly string[] {
    return this.#told({ kind: "demanded", epoch, request: this.#requests++, demand });
  }

  gone(epoch: number): readonly string[] {
    return this.#told({ kind: "left", epoch });
  }

  workerLeft(worker: string): readonly string[] {
    return this.#told({ kind: "worker-left", worker });
  }

  #told(event: Parameters<CoordinationMachine["handle"]>[0]): readonly string[] {
    return this.machine
      .handle(event)
      .flatMap((each) => (each.kind === "reply" ? [`${each.epoch}: ${textOf(each.outcome)}`] : []));
  }

  open(): void {
    this.say(maker, { kind: "actor-open", name, value: valueOf(0) });
    this.say(hostEpoch, { kind: "actor-host", name, worker: "worker-0" });
  }

  call(epoch: number, n: number): readonly string[] {
    return this.say(epoch, { kind: "actor-call", name, run: 0, value: valueOf(n) });
  }

  next(epoch = hostEpoch): readonly string[] {
    return this.say(epoch, { kind: "actor-next", name, run: 0 });
  }

  answer(told: string, n: number, epoch = hostEpoch): readonly string[] {
    const call = Number(told.split(" ").at(-1));
    return this.say(epoch, { kind: "actor-answer", name, call, value: valueOf(n) });
  }
}

function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "call":
      return `call ${outcome.block.header[0]} as ${outcome.call}`;
    case "value":
      return `value ${outcome.block.header[0]}`;
    case "refused":
      return `${outcome.why}, ${outcome.reason}`;
    default:
      return outcome.kind;
  }
}

describe("an actor", () => {
  test("is told calls in their order, and each caller gets its answer", () => {
    const told = new Told();
    told.open();
    expect(told.call(maker, 1)).toEqual([]);
    told.call(other, 2);
    const [first] = told.next() as [string];
    const [second] = told.next() as [string];
    expect([first, second]).toEqual([
      expect.stringContaining("2: call 1"),
      expect.stringContaining("2: call 2"),
    ]);
    expect(told.answer(second, 20)).toEqual(["2: done", "3: value 20"]);
    expect(told.answer(first, 10)).toEqual(["2: done", "1: value 10"]);
    expect(told.next()).toEqual([]);
    expect(told.call(maker, 3)).toEqual([expect.stringContaining("2: call 3")]);
  });

  test("ends with its host, and whoever asks is told why, then and later", () => {
    const told = new Told();
    told.open();
    told.call(maker, 1);
    told.next();
    told.call(other, 2);
    const gone = "ended, its worker worker-0 is gone";
    expect(told.gone(hostEpoch)).toEqual([`1: ${gone}`, `3: ${gone}`]);
    expect(told.call(other, 3)).toEqual([`3: ${gone}`]);
    expect(told.machine.counts).toEqual(nothing);
  });

  test("ends when its worker goes; its host is told that there is nothing to do", () => {
    const told = new Told();
    told.open();
    told.next();
    expect([...told.machine.actorWorkers]).toEqual(["worker-0"]);
    expect(told.workerLeft("worker-1")).toEqual([]);
    expect(told.workerLeft("worker-0")).toEqual(["2: nothing"]);
    expect(told.next()).toEqual(["2: nothing"]);
    expect(told.machine.counts).toEqual(nothing);
  });

  test("has one host in its life: a second attempt of its task is refused", () => {
    const told = new Told();
    told.open();
    expect(told.say(other, { kind: "actor-host", name, worker: "worker-1" })).toEqual([
      "3: ended, its instance was made before",
    ]);
    expect(told.next(other)).toEqual(["3: nothing"]);
  });

  test("stays while a client has it", () => {
    const told = new Told();
    told.open();
    told.say(other, { kind: "actor-hold", name });
    told.gone(maker);
    expect(told.call(other, 1)).toEqual([]);
    expect(told.say(other, { kind: "actor-let-go", name })).toEqual([
      "3: ended, it was released",
      "3: done",
    ]);
    expect(told.machine.counts).toEqual(nothing);
  });

  test("does not wait for a caller that is gone", () => {
    const told = new Told();
    told.open();
    told.call(other, 1);
    const [first] = told.next() as [string];
    told.call(other, 2);
    told.gone(other);
    expect(told.answer(first, 10)).toEqual(["2: done"]);
    expect(told.next()).toEqual([]);
    told.gone(maker);
    expect(told.machine.counts).toEqual(nothing);
  });

  test("is answered by its host alone", () => {
    const told = new Told();
    told.open();
    told.call(maker, 1);
    const [first] = told.next() as [string];
    expect(told.answer(first, 66, other)).toEqual(["3: done"]);
    expect(told.answer(first, 10)).toEqual(["2: done", "1: value 10"]);
  });
});

test("a name that no actor has, or that one has already, is refused", () => {
  const told = new Told();
  expect(told.call(maker, 1)).toEqual(["1: ended, there is no such actor"]);
  told.open();
  expect(told.say(other, { kind: "actor-open", name, value: valueOf(0) })).toEqual([
    "3: at-odds, there is an actor of this name",
  ]);
});
