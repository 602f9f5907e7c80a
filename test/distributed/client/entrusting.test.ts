import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Coordinating } from "../../../packages/distributed/dist/client/coordination/coordinating.js";
import { Submitting } from "../../../packages/distributed/dist/client/futures/submit.js";
import { RunClient } from "../../../packages/distributed/dist/client/run-client.js";
import type { CoordinateMessage } from "../../../packages/distributed/dist/messages/coordination.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client whose scheduler says what the test says. */
function alone(): {
  coordinating: Coordinating;
  submitting: Submitting;
  said: CoordinateMessage[];
} {
  const said: CoordinateMessage[] = [];
  const runs = new RunClient({
    tell: () => undefined,
    bring: () => Promise.reject(new Error("nobody has it")),
  });
  const coordinating = new Coordinating(runs, (message) => void said.push(message));
  return { coordinating, submitting: new Submitting(runs), said };
}

const kinds = (said: readonly CoordinateMessage[]): string[] =>
  said.map(({ demand }) => demand.kind);

it("a client that closes stays until the scheduler has what it was entrusted with", async () => {
  const { coordinating, submitting, said } = alone();
  coordinating.entrust(
    "Client.fireAndForget",
    submitting.submit(() => 1, [], {}),
  );
  let hasLeft = false;
  const left = coordinating.leave().then(() => (hasLeft = true));
  // Its graph is written out meanwhile.
  await vi.advanceTimersByTimeAsync(50_000);
  expect([kinds(said), hasLeft]).toEqual([["entrust"], false]);
  coordinating.told({ kind: "coordinated", request: 0, outcome: { kind: "done" } });
  await vi.advanceTimersByTimeAsync(0);
  expect(kinds(said)).toEqual(["entrust", "leave"]);
  coordinating.told({ kind: "coordinated", request: 1, outcome: { kind: "done" } });
  await left;
});

it("one whose scheduler is gone, or says nothing for a minute, does not", async () => {
  for (const isLost of [true, false]) {
    const { coordinating, submitting } = alone();
    coordinating.entrust(
      "Client.fireAndForget",
      submitting.submit(() => 1, [], {}),
    );
    const left = coordinating.leave();
    if (isLost) coordinating.lost("the connection broke", false);
    else await vi.advanceTimersByTimeAsync(61_000);
    await left;
  }
});
