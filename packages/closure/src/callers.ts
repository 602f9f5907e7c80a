import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Post, ScriptSource } from "./inspector.ts";

/** So many calls up the caller of a capture is looked for. */
const callsMax = 100;

type Frame = { readonly scriptId: string; readonly url: string };
type Thrown = { readonly exceptionDetails?: { readonly stackTrace?: { callFrames: Frame[] } } };

/**
 * Sources of those wanted scripts that are running: a function mostly stands in the module that
 * hands it over. The Debugger tells of every script of the process before it gives the source of
 * one, which takes 50 ms the first time; a stack trace tells the scripts of its calls in a fraction
 * of one. What V8 has parsed is the file when both have the same SHA-256.
 */
export function readCallers(ask: Post, wanted: ReadonlySet<string>): ScriptSource[] {
  const hashes = hashesOfCallers();
  if (hashes.size === 0) return [];
  const found = new Map<string, ScriptSource>();
  for (const { scriptId, url } of framesOfCallers(ask)) {
    const hash = hashes.get(url);
    if (hash === undefined || found.has(scriptId) || !wanted.has(scriptId)) continue;
    const source = sourceOf(url, hash);
    if (source === undefined) continue;
    const place = { startLine: 0, startColumn: 0, sourceMapUrl: sourceMapUrlOf(source) };
    found.set(scriptId, { scriptId, url, isModule: true, ...place, source });
  }
  return [...found.values()];
}

function framesOfCallers(ask: Post): Frame[] {
  ask("Runtime.enable");
  try {
    // Silent: a debugger that pauses on exceptions does not stop here.
    const thrown = ask<Thrown>("Runtime.evaluate", { expression: "throw 0", silent: true });
    return thrown.exceptionDetails?.stackTrace?.callFrames ?? [];
  } finally {
    ask("Runtime.disable");
  }
}

type Place = NodeJS.CallSite & { getScriptHash?(): string };

/** The hash of each module that is running, by its URL: only modules are named by URLs. */
function hashesOfCallers(): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  const twice: string[] = [];
  for (const place of placesOfCallers()) {
    const url = place.getScriptNameOrSourceURL();
    const hash = place.getScriptHash?.();
    if (url?.startsWith("file:") !== true || hash === undefined || hash === "") continue;
    if ((hashes.get(url) ?? hash) !== hash) twice.push(url);
    hashes.set(url, hash);
  }
  for (const url of twice) hashes.delete(url);
  return hashes;
}

function placesOfCallers(): Place[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const prepare = (_: Error, places: Place[]): Place[] => places;
  try {
    const isSet =
      Reflect.set(Error, "stackTraceLimit", callsMax) &&
      Reflect.set(Error, "prepareStackTrace", prepare);
    // Where errors are frozen the Debugger is asked.
    return isSet ? (new Error("where").stack as unknown as Place[]) : [];
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
  }
}

function sourceOf(url: string, hash: string): string | undefined {
  try {
    const bytes = readFileSync(fileURLToPath(url));
    if (createHash("sha256").update(bytes).digest("hex") !== hash) return undefined;
    return bytes.toString();
  } catch {
    // No such file: a loader made the source, and V8 has it.
    return undefined;
  }
}

function sourceMapUrlOf(source: string): string {
  const comments = source.matchAll(/^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm);
  return [...comments].at(-1)?.[1] ?? "";
}
