import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { parse, type AnyNode } from "acorn";
import type { Inspected, Inspector, Location, ScriptSource } from "./inspector.ts";
import {
  isClass,
  isFunction,
  walkScopes,
  type ClassNode,
  type FunctionNode,
  type Scope,
} from "./scopes.ts";

/** A function or class as it stands in its script. */
export type Placed = {
  readonly node: FunctionNode | ClassNode;
  /** Where its text begins, which for a method is at its name and modifiers. */
  readonly start: number;
  /** The scope around it. */
  readonly scope: Scope;
  /** The functions around it, the nearest first. */
  readonly owners: readonly FunctionNode[];
  readonly strict: boolean;
};

/** A script with its syntax tree; `program` is undefined where acorn cannot read the source. */
export type Script = ScriptSource & {
  readonly program: Extract<AnyNode, { type: "Program" }> | undefined;
  readonly top: Scope | undefined;
  readonly functions: readonly Placed[];
  readonly lineStarts: readonly number[];
};

// Scripts are immutable and their ids are never used again; the bound holds memory down in
// programs that keep making functions from text.
const scripts = new Map<string, Script>();
const scriptsMax = 256;

/** The text of a function, and what V8 knows of it. */
export type Inspection = { readonly text: string; readonly inspected: Inspected };

/**
 * The scripts of some functions. Those that are not known yet are read, in one Debugger cycle
 * where one is needed.
 */
export function loadScripts(
  inspector: Inspector,
  functions: readonly Inspection[],
): ReadonlyMap<string, Script> {
  const found = new Map<string, Script>();
  const missing = new Map<string, Inspection>();
  for (const each of functions) {
    const id = each.inspected.location?.scriptId;
    const known = id === undefined ? undefined : scripts.get(id);
    if (known !== undefined) found.set(known.scriptId, known);
    else if (id !== undefined) missing.set(id, each);
  }
  const keep = (script: Script): void => {
    missing.delete(script.scriptId);
    found.set(script.scriptId, script);
    if (scripts.size >= scriptsMax) scripts.delete(scripts.keys().next().value!);
    scripts.set(script.scriptId, script);
  };
  const modules = [...missing].filter(([, { inspected }]) => isInModule(inspected));
  for (const source of inspector.readCallers(modules.map(([id]) => id))) {
    const script = readScript(source);
    const { text, inspected } = missing.get(script.scriptId)!;
    if (place(script, inspected.location!, text) !== undefined) keep(script);
  }
  if (missing.size === 0) return found;
  for (const source of inspector.readScripts([...missing.keys()])) keep(readScript(source));
  return found;
}

function isInModule({ scopes }: Inspected): boolean {
  return scopes.some(({ description }) => description === "Module");
}

/** Find a function by V8's location and its own text; undefined when they do not agree. */
export function place(script: Script, location: Location, text: string): Placed | undefined {
  const offset = offsetOf(script, location);
  let best: Placed | undefined;
  for (const candidate of script.functions) {
    const { end } = candidate.node;
    const start = end - text.length;
    if (offset < start || offset > end) continue;
    if (!script.source.startsWith(text, start)) continue;
    if (start > candidate.node.start) continue;
    best = { ...candidate, start };
  }
  return best;
}

/** The zero-based line and column of an offset, as V8 prints them for this script. */
export function positionOf(script: Script, offset: number): { line: number; column: number } {
  let low = 0;
  let high = script.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (script.lineStarts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  const column = offset - script.lineStarts[low]!;
  return {
    line: low + script.startLine,
    column: low === 0 ? column + script.startColumn : column,
  };
}

/** `file:line` of an offset for a message, in the source that the user wrote if a map says so. */
export function describePosition(script: Script, offset: number): string {
  const { line, column } = positionOf(script, offset);
  const file = script.url === "" ? "a script without a name" : displayUrl(script.url);
  return `${file}:${mappedLine(script, line, column) ?? line + 1}`;
}

/** The file of a script, or undefined when it was not loaded from one. */
export function fileOf(script: Script): string | undefined {
  const url = script.url.replace(/[?#].*$/, "");
  if (url.startsWith("file://")) return fileURLToPath(url);
  return url.startsWith("/") || /^[A-Za-z]:[\\/]/.test(url) ? url : undefined;
}

function displayUrl(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url.replace(/[?#].*$/, "")) : url;
}

function mappedLine(script: Script, line: number, column: number): number | undefined {
  const match = /^data:application\/json[^,]*;base64,(.*)$/.exec(script.sourceMapUrl);
  if (match === null) return undefined;
  try {
    const payload = JSON.parse(Buffer.from(match[1]!, "base64").toString()) as SourceMapPayload;
    const entry = new SourceMap(payload).findEntry(line, column);
    return "originalLine" in entry ? entry.originalLine + 1 : undefined;
  } catch {
    // A map that cannot be read costs the better line number and nothing else.
    return undefined;
  }
}

type SourceMapPayload = ConstructorParameters<typeof SourceMap>[0];

function readScript(source: ScriptSource): Script {
  const program = parseScript(source);
  const lineStarts = [0];
  for (const { index, 0: end } of source.source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
    lineStarts.push(index + end.length);
  }
  const functions: Placed[] = [];
  if (program === undefined) return { ...source, program, top: undefined, functions, lineStarts };
  const strictTop = source.isModule || hasDirective(program.body);
  const enter = (node: AnyNode, scope: Scope, ancestors: readonly AnyNode[]): void => {
    if (!isFunction(node) && !isClass(node)) return;
    const owners = ancestors.filter(isFunction).toReversed();
    const strict =
      strictTop ||
      isClass(node) ||
      ancestors.some(isClass) ||
      [node, ...owners].some((fn) => isFunction(fn) && hasOwnDirective(fn));
    functions.push({ node, start: node.start, scope, owners, strict });
  };
  // Block functions of sloppy code are vars too; that can only add names, never hide one.
  try {
    const top = walkScopes(program, { enter }, { sloppy: !strictTop });
    return { ...source, program, top, functions, lineStarts };
  } catch (error) {
    // An expression of many thousand terms is deeper than the stack: as good as unreadable.
    if (!(error instanceof RangeError)) throw error;
    return { ...source, program: undefined, top: undefined, functions: [], lineStarts };
  }
}

function parseScript({ source, isModule }: ScriptSource): Script["program"] {
  if (source === "") return undefined;
  try {
    return parse(source, {
      ecmaVersion: "latest",
      sourceType: isModule ? "module" : "script",
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: isModule,
      allowSuperOutsideMethod: true,
      allowHashBang: true,
    });
  } catch {
    // Newer syntax than acorn knows: capture then goes without positions and says so if it must.
    return undefined;
  }
}

function hasOwnDirective(node: FunctionNode): boolean {
  return node.body.type === "BlockStatement" && hasDirective(node.body.body);
}

function hasDirective(body: readonly AnyNode[]): boolean {
  for (const statement of body) {
    if (statement.type !== "ExpressionStatement" || statement.directive === undefined) return false;
    if (statement.directive === "use strict") return true;
  }
  return false;
}

function offsetOf(script: Script, { lineNumber, columnNumber }: Location): number {
  const line = lineNumber - script.startLine;
  const column = line === 0 ? columnNumber - script.startColumn : columnNumber;
  return (script.lineStarts[line] ?? 0) + column;
}
