import { describe, expect, it } from "vitest";
import { ClientRun } from "../../../packages/distributed/src/client/client-run.ts";
import { OutputOrder } from "../../../packages/distributed/src/client/output-order.ts";

/** A run of as many outputs, read at these places. */
function reading(
  outputs: readonly number[],
  ordered: boolean,
): { readonly run: ClientRun; readonly order: OutputOrder } {
  const run = new ClientRun(1, new Set(outputs).size, {});
  return { run, order: new OutputOrder(run, outputs, ordered) };
}

/** Reads `count` places and what stands there. */
async function read(run: ClientRun, order: OutputOrder, outputs: readonly number[], count: number) {
  const seen: (readonly [number, unknown])[] = [];
  for (let n = 0; n < count; n++) {
    const place = await order.next();
    seen.push([place, run.valueOf(outputs[place]!)]);
    order.take(place);
  }
  return seen;
}

describe("values that are read in order", () => {
  it("wait for those before them", async () => {
    const outputs = [0, 1, 2];
    const { run, order } = reading(outputs, true);
    run.give(2, "c");
    const first = order.next();
    run.give(1, "b");
    run.give(0, "a");
    expect(await first).toBe(0);
    order.take(0);
    expect(await read(run, order, outputs, 2)).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
  });

  it("are kept until the last place that asks for them was read", async () => {
    const outputs = [0, 1, 0];
    const { run, order } = reading(outputs, true);
    run.give(0, "a");
    run.give(1, "b");
    expect(await read(run, order, outputs, 2)).toHaveLength(2);
    expect([run.valueOf(0), order.doneCount]).toEqual(["a", 1]);
    expect(await read(run, order, outputs, 1)).toEqual([[2, "a"]]);
    expect([run.valueOf(0), order.doneCount]).toEqual([undefined, 2]);
  });
});

describe("values that are read as they come", () => {
  it("come in that order, and one that is asked for twice comes at both places", async () => {
    const outputs = [0, 1, 0];
    const { run, order } = reading(outputs, false);
    run.give(1, "b");
    run.give(0, "a");
    expect(await read(run, order, outputs, 3)).toEqual([
      [1, "b"],
      [0, "a"],
      [2, "a"],
    ]);
  });
});

describe("a run that fails", () => {
  it("gives what had come before, then throws its reason", async () => {
    const outputs = [0, 1];
    const { run, order } = reading(outputs, true);
    run.give(0, "a");
    run.fail(new RangeError("gone"));
    await run.ended.catch(() => "told to the reader as well");
    expect(await read(run, order, outputs, 1)).toEqual([[0, "a"]]);
    await expect(order.next()).rejects.toThrow("gone");
  });

  it("wakes a reader that waits", async () => {
    const { run, order } = reading([0], false);
    const next = order.next();
    run.fail(new RangeError("gone"));
    await expect(next).rejects.toThrow("gone");
  });

  it("takes no more values", async () => {
    const { run, order } = reading([0], true);
    run.fail(undefined);
    run.give(0, "late");
    await expect(order.next()).rejects.toBeUndefined();
  });
});
