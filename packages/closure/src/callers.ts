import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Post, ScriptSource } from "./inspector.ts";

/** So many calls up the caller of a capture is looked for. */
const callsMax = 100;

type Frame = { readonly scriptId: string; readonly url: string };
type Thrown = { readonly exceptionDetails?: { readonly stackTrace?: { callFrames: Frame[] } } };

/**
 * Sources of those wanted modules that are running: a function mostly stands in the module that
 * hands it over. The Debugger tells of every script of the process before it gives the source of
 * one, which takes tens of milliseconds; a stack trace tells the scripts of its calls in a fraction
 * of one. What V8 has parsed is the file when both have the same SHA-256.
 *
 * @param wanted - ids of scripts that are known to be modules
 */
export function readCallers(ask: Post, wanted: ReadonlySet<string>): ScriptSource[] {
  const hashes = wanted.size === 0 ? undefined : hashesOfCallers();
  if (hashes === undefined || hashes.size === 0) return [];
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
    return (thrown.exceptionDetails?.stackTrace?.callFrames ?? []).slice(0, callsMax);
  } finally {
    ask("Runtime.disable");
  }
}

type Place = NodeJS.CallSite & { getScriptHash?(): string };

/** The hash of each file that is running, by its URL, where all its calls have the same one. */
function hashesOfCallers(): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  const unlike = new Set<string>();
  for (const place of placesOfCallers()) {
    const url = place.getScriptNameOrSourceURL();
    if (url?.startsWith("file:") !== true) continue;
    const hash = place.getScriptHash?.() ?? "";
    if (hash === "" || (hashes.get(url) ?? hash) !== hash) unlike.add(url);
    hashes.set(url, hash);
  }
  for (const url of unlike) hashes.delete(url);
  return hashes;
}

/** More of them than of the frames, so that every script of a frame's URL is seen. */
function placesOfCallers(): readonly Place[] {
  try {
    const restore = [
      replace("stackTraceLimit", 2 * callsMax),
      replace("prepareStackTrace", (_: Error, places: Place[]) => places),
    ];
    try {
      const places: unknown = restore.includes(undefined) ? [] : new Error("where").stack;
      return Array.isArray(places) ? (places as Place[]) : [];
    } finally {
      for (const undo of restore.toReversed()) undo?.();
    }
  } catch {
    // Somebody else looks at stack traces as well: the Debugger is asked.
    return [];
  }
}

/** Sets a plain property of Error for a moment; undefined where it is another kind of property. */
function replace(name: "stackTraceLimit" | "prepareStackTrace", value: unknown): Undo | undefined {
  const before = Object.getOwnPropertyDescriptor(Error, name);
  const isPlain = before === undefined ? Object.isExtensible(Error) : before.writable === true;
  if (!isPlain) return undefined;
  Reflect.set(Error, name, value);
  return () => {
    if (before === undefined) Reflect.deleteProperty(Error, name);
    else Reflect.set(Error, name, before.value);
  };
}

type Undo = () => void;

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
