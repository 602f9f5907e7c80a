import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { routes } from "../../../packages/distributed/dist/http/routes.js";
import { Served, bearer } from "./served.ts";

const page = readFileSync(new URL("../../../docs/reference/http-api.md", import.meta.url), "utf8");

function found(pattern: RegExp): readonly string[] {
  return Array.from(page.matchAll(pattern), ([, name]) => name as string).toSorted((a, b) =>
    a.localeCompare(b),
  );
}

it("the reference has every path, and no other", () => {
  expect(found(/^### `(\/[^`]*)`$/gm)).toEqual(
    [...routes.keys(), "/health"].toSorted((a, b) => a.localeCompare(b)),
  );
});

it("the reference has every metric, and no other", async () => {
  await using served = await Served.start();
  const { text } = await served.ask("/metrics", bearer);
  const names = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name as string);
  expect(found(/^\| `(millrace_\w+)`/gm)).toEqual(names.toSorted((a, b) => a.localeCompare(b)));
});
