import { expect, test } from "vitest";
import type { OwnDemand } from "../../../../packages/distributed/src/scheduler/coordination/coordination-events.ts";
import { CoordinationMachine } from "../../../../packages/distributed/src/scheduler/coordination/machine.ts";

const blockOf = (n: number) => ({ header: Uint8Array.of(n), buffers: [] });

test("a subscriber that is slow hears once of each value that it has lost", () => {
  const machine = new CoordinationMachine({ backlogMax: 2 });
  let request = 0;
  const say = (demand: OwnDemand): unknown => {
    const told = machine.handle({ kind: "demanded", epoch: 1, request: request++, demand });
    return told.map((each) => each.kind === "reply" && each.outcome)[0];
  };
  const publish = (count: number): void => {
    for (let n = 0; n < count; n++) {
      say({ kind: "topic-publish", name: "news", value: { block: blockOf(n), holds: [] } });
    }
  };
  const { number } = say({ kind: "topic-subscribe", name: "news" }) as { number: number };
  publish(5);
  const next = (): unknown => say({ kind: "topic-next", subscription: number });
  expect(next()).toMatchObject({ dropped: 3, blocks: [blockOf(3), blockOf(4)] });
  publish(1);
  expect(next()).toMatchObject({ dropped: 0, blocks: [blockOf(0)] });
});
