import { capture } from "@millrace/closure";
import { expect, it } from "vitest";

import { filesUnder, read } from "../lib/workspace.ts";

const modules = filesUnder("packages/dataframe/src/steps", [".ts"]).filter((file) =>
  read(file).includes("declareExports("),
);

it("there are modules of steps", () => {
  expect(modules.length).toBeGreaterThan(8);
});

it.each(modules)("every function of %s is declared", async (file) => {
  const dist = file.replace("/src/", "/dist/").replace(/ts$/, "js");
  const exported = (await import(`../../${dist}`)) as Record<string, unknown>;
  for (const fn of Object.values(exported)) {
    if (typeof fn !== "function") continue;
    // Without a look at scopes, which takes long, only what was declared can travel.
    expect(() => capture(fn as (...args: never[]) => unknown, { mode: "off" })).not.toThrow();
  }
});
