import { dirname, join } from "node:path";

import { expect, it } from "vitest";

import { filesUnder, packageFolders, read } from "../lib/workspace.ts";

type Exports = Readonly<Record<string, string | { readonly default: string }>>;
type Manifest = { readonly name: string; readonly exports: Exports };

const entries = new Map(
  packageFolders().flatMap((folder) => {
    const manifest = JSON.parse(read(`packages/${folder}/package.json`)) as Manifest;
    return Object.entries(manifest.exports).map(([entry, to]) => {
      const file = typeof to === "string" ? to : to.default;
      return [`${manifest.name}${entry.slice(1)}`, join("packages", folder, file)] as const;
    });
  }),
);

// A thread takes more than half a millisecond for each module, and the first results wait for it.
it("a program that imports the package and runs nothing waits for no scheduler and no worker", () => {
  const loaded = [...loadedBy("packages/distributed/dist/index.js")];
  const most = loaded.filter((each) => each.startsWith("packages/distributed/"));
  expect(most.length).toBeLessThan(110);
  expect(most.filter((each) => /\/(machine|connection|engine)\.js$/.test(each))).toEqual([
    "packages/distributed/dist/adaptive/machine.js",
  ]);
});

it.each([
  ["a task thread", "packages/distributed/dist/worker/threads/thread-main.js", 95],
  ["a worker process", "packages/distributed/dist/nanny/worker-main.js", 205],
  ["the loop of a bag", "packages/bag/dist/stage/run-stage.js", 55],
])("%s loads what it needs and no whole package", (_, file, most) => {
  const loaded = loadedBy(file);
  expect([...loaded].filter((each) => each.endsWith("/dist/index.js"))).toEqual([]);
  expect(loaded.size).toBeGreaterThan(10);
  expect(loaded.size).toBeLessThan(most);
});

const steps = filesUnder("packages/bag/src/steps", [".ts"]).map((file) =>
  file.replace("/src/", "/dist/").replace(/ts$/, "js"),
);
/** All of storage reads and writes files; keys that are functions or instances need captures. */
const wholes = ["packages/closure/dist/index.js", "packages/storage/dist/index.js"];

it("there are modules of steps", () => {
  expect(steps.length).toBeGreaterThan(5);
});

it.each(steps)("%s loads nothing that builds graphs", (file) => {
  const indexes = [...loadedBy(file)].filter((each) => each.endsWith("/dist/index.js"));
  expect(indexes.filter((each) => !wholes.includes(each))).toEqual([]);
});

/** The built modules of the workspace that one imports at its top, over all steps. */
function loadedBy(file: string): ReadonlySet<string> {
  const loaded = new Set([file]);
  for (const each of loaded) {
    for (const [, specifier = ""] of read(each).matchAll(/^(?:im|ex)port\b[^;]*?"([^"]+)";/gms)) {
      const target = specifier.startsWith(".")
        ? join(dirname(each), specifier)
        : entries.get(specifier);
      if (target !== undefined) loaded.add(target);
    }
  }
  return loaded;
}
