import { expect, it } from "vitest";

import { Groups } from "../../../packages/distributed/src/scheduler/groups.ts";
import type { Run } from "../../../packages/distributed/src/scheduler/run.ts";

type Counted = Pick<Run, "graph" | "programs" | "groups">;

/** A run with one task for each key, of as many programs. */
function runOf(keys: readonly string[], functions: readonly string[]): Counted {
  return {
    graph: {
      keyOf: (t: number) => keys[t],
      tables: { firsts: Int32Array.from(keys, (_, t) => t) },
    },
    programs: keys.map(() => ({ functions })),
    groups: [],
  } as unknown as Counted;
}

it("tasks of one name and code are one group, in whatever run", () => {
  const groups = new Groups();
  const [a, b] = groups.enter(runOf(["load/0", "load/1"], ["f"]));
  const [c] = groups.enter(runOf(["load-0123456789abcdef0123456789abcdef/7"], ["f"]));
  const [d] = groups.enter(runOf(["load/0"], ["g"]));
  expect([a === b, a === c, a === d]).toEqual([true, true, false]);
  expect(a).toMatchObject({ name: "load", functions: ["f"], useCount: 3 });
});

it("groups without tasks are remembered, but not for ever", () => {
  const groups = new Groups();
  for (let n = 0; n < 5_000; n++) {
    const run = runOf([`name-${n}x`], []);
    groups.leave({ groups: groups.enter(run) });
  }
  const names = Array.from(groups.all, ({ name }) => name);
  expect(names).toHaveLength(1_025);
  expect([names[0], names[1], names.at(-1)]).toEqual(["(others)", "name-3976x", "name-4999x"]);
});

it("more groups than there is room for are counted together", () => {
  const groups = new Groups();
  const runs = Array.from({ length: 5_000 }, (_, n) => runOf([`name-${n}x`], []));
  const found = runs.map((run) => groups.enter(run));
  expect([...groups.all]).toHaveLength(4_096);
  expect(found.at(-1)?.[0]).toMatchObject({ name: "(others)", useCount: 905 });
  for (const each of found) groups.leave({ groups: each });
  expect(groups.get(0)?.useCount).toBe(0);
  expect([...groups.all]).toHaveLength(1_025);
});
