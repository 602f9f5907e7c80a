import { expect, it } from "vitest";
import { HeldOutput } from "../../../packages/distributed/src/messages/shipped.ts";
import { Driven, joins } from "./driven.ts";

/** One task, which the client entrusts to the scheduler before it goes. */
function entrusted(): Driven {
  const driven = new Driven();
  driven.feed(joins(7));
  driven.submit(1, {});
  const holds = [new HeldOutput(0, 0)];
  driven.feed(
    { kind: "shared", epoch: 1, share: 1, holds },
    { kind: "entrusted", share: 1 },
    { kind: "unshared", share: 1 },
    { kind: "disconnected", epoch: 1, reason: "it was closed" },
  );
  return driven;
}

it("what is entrusted runs to its end when its client is gone, and is let go of then", () => {
  const driven = entrusted();
  expect(driven.machine.view.totals).toMatchObject({ clients: 0, runs: 2 });
  driven.report(7);
  driven.report(7, 5);
  expect(driven.machine.view.totals.runs).toBe(0);
});

it("it begins anew where its worker is lost", () => {
  const driven = entrusted();
  driven.report(7);
  driven.feed(joins(8), { kind: "disconnected", epoch: 7, reason: "it died" });
  expect(driven.sent).toHaveLength(2);
  driven.report(8, 5);
  expect(driven.machine.view.totals.runs).toBe(0);
});

it("it is let go of when it has failed", () => {
  const driven = entrusted();
  for (const epoch of [7, 8, 9, 10]) {
    if (driven.machine.view.totals.runs === 0) break;
    driven.report(epoch);
    driven.feed(joins(epoch + 1), { kind: "disconnected", epoch, reason: "it died" });
  }
  expect(driven.sent).toHaveLength(3);
  expect(driven.machine.view.totals.runs).toBe(0);
});

it("several that were shared together are let go of one by one", () => {
  const driven = new Driven();
  driven.submit(2, {});
  const holds = [new HeldOutput(0, 0), new HeldOutput(0, 1)];
  driven.feed({ kind: "shared", epoch: 1, share: 1, holds }, { kind: "entrusted", share: 1 });
  driven.feed(
    { kind: "unshared", share: 1 },
    { kind: "client-said", epoch: 1, message: { kind: "release", run: 0, outputs: undefined } },
    joins(7),
  );
  driven.report(7, 5);
  expect(driven.machine.view.totals.runs).toBe(2);
  driven.report(7, 5);
  expect(driven.machine.view.totals.runs).toBe(0);
});
