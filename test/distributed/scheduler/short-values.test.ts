import { describe, expect, it } from "vitest";
import { announced } from "../../../packages/distributed/src/messages/compute-rows.ts";
import type { ShortValue } from "../../../packages/distributed/src/messages/short-value.ts";
import { shortValuesMax } from "../../../packages/distributed/src/messages/short-value.ts";
import { emptyReport } from "../../../packages/distributed/src/messages/worker-messages.ts";
import { Driven, joins } from "./driven.ts";

const worker = 2;
const bytes = Uint8Array.of(7);

function valuesTold({ told }: Driven): readonly ShortValue[] {
  return told.flatMap((message) => (message.kind === "finished" ? message.values : []));
}

/** The worker has done the task that it was given last, whose value goes along. */
function done(driven: Driven, value: Partial<ShortValue> = {}): void {
  const [task, attempt] = driven.sent.at(-1) as readonly [number, number];
  const values = [{ task, version: attempt, bytes, ...value }];
  const message = { ...emptyReport, done: [task, attempt, 1, 1_000], values };
  driven.feed({ kind: "worker-said", epoch: worker, message });
}

describe("the value of an output", () => {
  it("that is short goes along with the news that it is there", () => {
    const driven = new Driven();
    driven.feed(joins(worker));
    driven.submit(1, {});
    done(driven);
    const [task, version] = driven.sent[0] as readonly [number, number];
    expect(valuesTold(driven)).toEqual([{ task, version, bytes }]);
  });

  it("of another attempt does not", () => {
    const driven = new Driven();
    driven.feed(joins(worker));
    driven.submit(1, {});
    done(driven, { version: 7 });
    expect(driven.told.filter(({ kind }) => kind === "finished")).toHaveLength(1);
    expect(valuesTold(driven)).toEqual([]);
  });

  it("that came with an earlier report does not", () => {
    const driven = new Driven();
    driven.feed(joins(worker));
    driven.submit(1, {});
    const [task, version] = driven.sent[0] as readonly [number, number];
    const values = [{ task, version, bytes }];
    driven.feed({ kind: "worker-said", epoch: worker, message: { ...emptyReport, values } });
    driven.report(worker, 1);
    expect(driven.told.filter(({ kind }) => kind === "finished")).toHaveLength(1);
    expect(valuesTold(driven)).toEqual([]);
  });

  it.each([
    [1, true],
    [shortValuesMax, true],
    [shortValuesMax + 1, false],
  ])("of %i is announced: %s", (count, isAnnounced) => {
    const driven = new Driven();
    driven.feed(joins(worker));
    driven.submit(count, {});
    const [, , , flags] = driven.computed[0] as readonly number[];
    expect(((flags as number) & announced) !== 0).toBe(isAnnounced);
  });
});
