import { dirname, join } from "node:path";

import { SyntaxKind, type Node, type SourceFile } from "typescript/unstable/ast";
import { expect, it } from "vitest";

import { lineAt, pathOf, sourcesOf, walk, withProjects } from "../lib/public-surface.ts";

const SOURCES = "packages/distributed/src";

/**
 * The machines: events in, instructions out. A simulation drives them with a clock and a network of
 * its own, and must see the same run twice from the same seed.
 */
const PURE: readonly string[] = [
  // Not the folder in it, which holds the sockets and the clock.
  "scheduler/*.ts",
  "scheduler/coordination/",
  "messages/",
  "codec/block.ts",
  "errors.ts",
  "client/machine.ts",
  "client/client-events.ts",
  "client/output-table.ts",
  "adaptive/machine.ts",
  "adaptive/adaptive-events.ts",
  "wire/kept-messages.ts",
  "nanny/machine.ts",
  "nanny/nanny-events.ts",
  "nanny/nanny-settings.ts",
  "nanny/exit-reason.ts",
  // Not the folders in it: those hold the store and the threads.
  "worker/*.ts",
  "worker/store/block-book.ts",
  "worker/store/block-queues.ts",
  "worker/store/block-table.ts",
  "worker/store/check-arguments.ts",
  "worker/store/check-ledger.ts",
  "worker/store/file-book.ts",
  "worker/store/ledger.ts",
  "worker/store/ledger-instruction.ts",
  "worker/store/ledger-settings.ts",
  "worker/store/ledger-totals.ts",
  "worker/store/memory-gauge.ts",
  "worker/store/store-error.ts",
  "worker/store/victims.ts",
];

/** Names of the world outside: clocks, timers, chance, the process, other threads, the network. */
const OUTSIDE: ReadonlySet<string> = new Set(
  (
    "performance process crypto console globalThis require fetch " +
    "Atomics setTimeout setInterval setImmediate queueMicrotask " +
    "structuredClone FinalizationRegistry WeakRef Promise AbortSignal AbortController NodeJS"
  ).split(" "),
);

/** Members of what is pure otherwise. */
const OUTSIDE_MEMBERS: ReadonlySet<string> = new Set(["Date.now", "Math.random"]);

/** Nobody can tell when a stand-in that nobody has any more was collected. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  `${SOURCES}/scheduler/stand-in.ts WeakRef`,
  `${SOURCES}/scheduler/stand-in.ts FinalizationRegistry`,
]);

type Finding = { readonly where: string; readonly text: string };

const { files, findings, imports } = withProjects((projects) => {
  const project = projects.get("distributed");
  if (project === undefined) throw new Error("there is no package distributed");
  const pure = sourcesOf(project, "distributed").filter((file) => isPure(pathOf(file)));
  return {
    files: pure.map(pathOf),
    findings: pure.flatMap(outsideOf),
    imports: pure.flatMap(importsOf),
  };
});

it("every machine that is listed was found", () => {
  const missing = PURE.filter((place) => !files.some((file) => matches(file, place)));
  expect(missing).toEqual([]);
});

it("machines know no clock, timer, chance, promise or process", () => {
  expect(findings.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
});

it("machines import nothing of node, not even a type", () => {
  const wrong = imports.filter(({ text }) => text.startsWith("node:"));
  expect(wrong.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
});

it("what a machine imports to run is pure too, or the package graph", () => {
  const wrong = imports.filter(
    ({ text, runs }) => runs && !isPure(text) && !/^@millrace\/graph(\/tasks)?$/.test(text),
  );
  expect(wrong.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
});

function isPure(file: string): boolean {
  return PURE.some((place) => matches(file, place));
}

function matches(file: string, place: string): boolean {
  const path = join(SOURCES, place);
  if (place.endsWith("/")) return file.startsWith(path);
  if (!place.endsWith("/*.ts")) return file === path;
  return dirname(file) === dirname(path);
}

/** Every use of a name of the world outside, and every function that waits. */
function outsideOf(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  walk(file, (node) => {
    if (!isOutside(node) || EXCEPTIONS.has(`${pathOf(file)} ${node.getText()}`)) return;
    const where = `${pathOf(file)}:${lineAt(file, node.getStart())}`;
    found.push({ where, text: node.getText().split("\n", 1)[0] ?? "" });
  });
  return found;
}

function isOutside(node: Node): boolean {
  switch (node.kind) {
    case SyntaxKind.AwaitExpression:
    case SyntaxKind.AsyncKeyword:
      return true;
    case SyntaxKind.PropertyAccessExpression:
      return OUTSIDE_MEMBERS.has(node.getText());
    case SyntaxKind.NewExpression:
      return node.getText() === "new Date()";
    case SyntaxKind.CallExpression:
      return node.getText().startsWith("import(");
    case SyntaxKind.Identifier:
      return OUTSIDE.has(node.getText()) && !isName(node);
    default:
      return false;
  }
}

/** Whether an identifier is the name of a member: `link.fetch`, `{ process: 1 }`. */
function isName(node: Node): boolean {
  const parent = node.parent as (Node & { readonly name?: Node }) | undefined;
  return parent?.name === node;
}

/** What a file imports, as the path of a file where it is one of ours, and whether it runs. */
function importsOf(file: SourceFile): (Finding & { readonly runs: boolean })[] {
  const found: (Finding & { readonly runs: boolean })[] = [];
  walk(file, (node) => {
    if (!(node.kind === SyntaxKind.ImportDeclaration || node.kind === SyntaxKind.ExportDeclaration))
      return;
    const { moduleSpecifier } = node as Node & { readonly moduleSpecifier?: Node };
    if (moduleSpecifier === undefined) return;
    const specifier = moduleSpecifier.getText().slice(1, -1);
    const text = specifier.startsWith(".") ? join(dirname(pathOf(file)), specifier) : specifier;
    const where = `${pathOf(file)}:${lineAt(file, moduleSpecifier.getStart())}`;
    found.push({ where, text, runs: !/^(import|export) type\b/.test(node.getText()) });
  });
  return found;
}
