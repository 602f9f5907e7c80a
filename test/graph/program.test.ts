import { setImmediate as nextTurn } from "node:timers/promises";
import type { Arg, Program, RunControl, Step } from "@millrace/graph";
import { makeProgram, runProgram } from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { gate } from "../lib/gate.ts";

const input = (n: number): Arg => ({ kind: "input", input: n });
const step = (n: number): Arg => ({ kind: "step", step: n });

/** A chain: every step gets the value of the one before, the first one input 0. */
function chain(...fns: ((x: number) => unknown)[]): Program {
  const steps = fns.map((fn, i): Step => ({ fn, args: [i === 0 ? input(0) : step(i - 1)] }));
  return makeProgram(steps, 1, 0);
}

const inc = (x: number): number => x + 1;

/** A control that notes where it was asked, and does then what `act` says. */
function control(act: (before: number) => Promise<void> | undefined | void): RunControl & {
  asked: number[];
} {
  const asked: number[] = [];
  return {
    step: 0,
    asked,
    throwIfOver: () => undefined,
    pause() {
      asked.push(this.step + 1);
      return act(this.step + 1) ?? undefined;
    },
  };
}

describe("runProgram", () => {
  it("asks its control before every step but the first", async () => {
    const noted = control(() => undefined);
    expect(runProgram(chain(inc, inc, inc), [1], [], noted)).toBe(4);
    expect([noted.asked, noted.step]).toEqual([[1, 2], 2]);
    const again = control(() => undefined);
    const soon = chain(inc, async (x) => x + 1, inc);
    expect(await runProgram(soon, [1], [], again)).toBe(4);
    expect(again.asked).toEqual([1, 2]);
    const single = control(() => undefined);
    expect(runProgram(chain(inc), [1], [], single)).toBe(2);
    expect(single.asked).toEqual([]);
  });

  it("waits for what its control gives, and asks again before it goes on", async () => {
    const opened = gate();
    let asked = 0;
    const waiting = control((before) => (before === 2 && asked++ < 2 ? opened.promise : undefined));
    const seen: number[] = [];
    const note = (x: number): number => seen.push(x);
    const run = runProgram(chain(note, note, note), [7], [], waiting);
    await nextTurn();
    expect(seen).toEqual([7, 1]);
    opened.resolve();
    expect(await run).toBe(3);
    expect(waiting.asked).toEqual([1, 2, 2, 2]);
  });

  it("starts no step after its control has thrown, and keeps which one threw", async () => {
    const over = new Error("over");
    const seen: number[] = [];
    const stop = control((before) => {
      if (before === 2) throw over;
    });
    const note = (x: number): number => seen.push(x);
    expect(() => runProgram(chain(note, note, note), [7], [], stop)).toThrow(over);
    expect(seen).toEqual([7, 1]);
    for (const fail of [
      () => {
        throw over;
      },
      () => Promise.reject(over),
    ]) {
      const kept = control(() => undefined);
      await expect(
        (async () =>
          runProgram(
            chain(inc, async (x) => x, fail, inc),
            [1],
            [],
            kept,
          ))(),
      ).rejects.toBe(over);
      expect(kept.step).toBe(2);
    }
  });

  it("forgets an input after the last step that reads it, before what that gave is there", async () => {
    const opened = gate<number>();
    const steps: Step[] = [
      { fn: inc, args: [input(0)] },
      { fn: () => opened.promise, args: [{ kind: "array", items: [input(1), step(0)] }] },
      {
        fn: (x: number, rest: number[]) => [x, rest],
        args: [step(1), { kind: "inputs", start: 2, count: 2 }],
      },
    ];
    const program = makeProgram(steps, 5, 0);
    expect(program.freedInputs).toEqual([[0, 4], [1], [2, 3]]);
    const inputs = [1, 2, 3, 4, "never read"];
    const run = runProgram(program, inputs, []);
    expect(inputs).toEqual([undefined, undefined, 3, 4, undefined]);
    opened.resolve(9);
    expect(await run).toEqual([9, [3, 4]]);
    expect(inputs.every((value) => value === undefined)).toBe(true);
  });

  it("is known for runs of inputs that cover each other", () => {
    const run = (start: number, count: number): Arg => ({ kind: "inputs", start, count });
    const steps = [
      [run(0, 6), run(2, 2)],
      [input(5), run(1, 3)],
      [run(2, 1), run(2, 0)],
      [input(1)],
    ];
    const made = makeProgram(
      steps.map((args) => ({ fn: inc, args })),
      7,
      0,
    );
    expect(made.freedInputs).toEqual([[0, 4, 6], [3, 5], [2], [1]]);
  });

  it("costs no look at each input for each of many runs", () => {
    const count = 200_000;
    const args = new Array<Arg>(count).fill({ kind: "inputs", start: 0, count });
    const made = makeProgram(
      [
        { fn: inc, args: [] },
        { fn: inc, args },
      ],
      count,
      0,
    );
    expect(made.freedInputs.map(({ length }) => length)).toEqual([0, count]);
  });
});
