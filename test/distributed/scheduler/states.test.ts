import { join } from "node:path";

import { expect, it } from "vitest";

import {
  stateMeanings,
  stateNames,
  transitions,
} from "../../../packages/distributed/src/scheduler/states.ts";
import { read, root } from "../../lib/workspace.ts";

const page = "docs/internals/scheduler.md";

/** A table as prettier writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, n) => Math.max(...[head, ...rows].map((row) => row[n]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function code(name: string): string {
  return `\`${name}\``;
}

// Run `npx vitest run test/distributed/scheduler -u` to print the tables anew; read the difference.
it("docs/internals/scheduler.md shows the states and the changes that there are", async () => {
  const states = stateNames.map((name) => [code(name), stateMeanings[name]]);
  const changes = transitions.map(([from, to, when]) => [code(from), code(to), when]);
  const tables = [table(["state", "meaning"], states), table(["from", "to", "when"], changes)];
  const [before, , after] = read(page).split(/<!-- states: (?:begin|end) -->/);
  const text = [before, `\n\n${tables.join("\n\n")}\n\n`, after];
  const printed = `${text[0]}<!-- states: begin -->${text[1]}<!-- states: end -->${text[2]}`;
  await expect(printed).toMatchFileSnapshot(join(root, page));
});

it("no change is in the table twice, and none leads from a state to itself", () => {
  const changes = transitions.map(([from, to]) => `${from} ${to}`);
  expect(new Set(changes).size).toBe(changes.length);
  expect(transitions.filter(([from, to]) => from === to)).toEqual([]);
});

it("every state can be reached and left", () => {
  for (const name of stateNames) {
    expect(transitions.some(([, to]) => to === name)).toBe(true);
    expect(transitions.some(([from]) => from === name)).toBe(true);
  }
});
