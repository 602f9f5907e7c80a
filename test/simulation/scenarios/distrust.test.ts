import { expect, it } from "vitest";

import { given, tasks } from "../given.ts";

/** Values of the first worker, six of them read on each of the others. */
const spread = (readers: number) => [
  ...tasks(6 * readers, () => ({ demand: "worker-if-possible", worker: 0, ms: 1 })),
  ...tasks(6 * readers, (t) => ({
    reads: [t],
    demand: "worker",
    worker: 1 + Math.floor(t / 6),
    ms: 1,
  })),
];
const all = { kind: "hold" } as const;

it.each([
  [0, "says that it has not what it claims"],
  [1, "sends what is not intact"],
])("a worker that (%i) %s is sent away, and what it had is made elsewhere", (other) => {
  given({}, {}, {})
    .graph(spread(2))
    .fault(0, "lie", { other })
    .fault(500, "resend")
    .at(0, all)
    .playOften(100, ({ reached, outcomes }) => {
      expect(reached).toContain("liar sent away");
      expect(new Set(Object.values(outcomes))).toEqual(new Set(["value"]));
    });
});

it("one that only a single other one tells of stays: who tells may be wrong itself", () => {
  given({}, {})
    .graph(spread(1))
    .fault(0, "lie")
    .at(0, all)
    .playOften(50, ({ reached, outcomes }) => {
      expect(reached).not.toContain("liar sent away");
      expect(new Set(Object.values(outcomes))).toEqual(new Set(["value"]));
    });
});

it("one that others cannot reach, or whose disk loses values, stays", () => {
  const others = [1, 2];
  const story = given({}, {}, {}).tuned({ spillBytes: 0 }).graph(spread(2)).at(0, all);
  const troubled = others
    .reduce((so, other) => so.fault(0, "cut-peers", { other, lastMs: 40 }), story)
    .fault(3, "corrupt-values", { lastMs: 50 })
    .fault(6, "lose-values", { lastMs: 50 });
  troubled.playOften(100, ({ reached }) => {
    expect(reached).not.toContain("warned: worker distrusted");
  });
});
