import { builtinModules } from "node:module";

/** A value that every process has: how to reach it there. */
export type Landmark =
  | { readonly kind: "global"; readonly path: readonly string[] }
  | { readonly kind: "builtin"; readonly module: string; readonly path: readonly string[] };

// Listed by hand: a property that a program or a test runner adds to globalThis is not a standard
// global, since another process does not have it.
const globalNames =
  `AbortController AbortSignal AggregateError Array ArrayBuffer AsyncDisposableStack Atomics
  BigInt BigInt64Array BigUint64Array Blob Boolean BroadcastChannel Buffer
  ByteLengthQueuingStrategy CloseEvent CompressionStream CountQueuingStrategy Crypto CryptoKey
  CustomEvent DOMException DataView Date DecompressionStream DisposableStack Error ErrorEvent
  EvalError Event EventSource EventTarget File FinalizationRegistry Float16Array Float32Array
  Float64Array FormData Function Headers Infinity Int16Array Int32Array Int8Array Intl Iterator
  JSON Map Math MessageChannel MessageEvent MessagePort NaN Navigator Number Object Performance
  PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver
  PerformanceObserverEntryList PerformanceResourceTiming Promise Proxy RangeError
  ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader ReferenceError Reflect RegExp
  Request Response Set SharedArrayBuffer String SubtleCrypto SuppressedError Symbol
  SyntaxError TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream
  TransformStreamDefaultController TypeError URIError URL URLPattern URLSearchParams Uint16Array
  Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly WebSocket
  WritableStream WritableStreamDefaultController WritableStreamDefaultWriter atob btoa
  clearImmediate clearInterval clearTimeout console crypto decodeURI decodeURIComponent
  encodeURI encodeURIComponent escape eval fetch global globalThis isFinite isNaN
  navigator parseFloat parseInt performance process queueMicrotask setImmediate
  setInterval setTimeout structuredClone undefined unescape`.split(/\s+/);

const standard: ReadonlySet<string> = new Set(globalNames);

// The language's own; the rest are Node's, whose functions may be JavaScript.
const languageNames: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView
  Date Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function
  Int16Array Int32Array Int8Array Intl Iterator JSON Map Math Number Object Promise Proxy
  RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError
  TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet
  decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval isFinite isNaN parseFloat
  parseInt unescape`.split(/\s+/),
);

/** Whether a free name may be left free: every Node process has it. */
export function isStandardGlobal(name: string): boolean {
  return standard.has(name);
}

/**
 * Globals that are undici's. To look at one loads it, which takes longer than all the rest; until
 * somebody else has loaded it nobody holds one.
 */
const lateNames: ReadonlySet<string> = new Set([
  ..."CloseEvent EventSource FormData Headers Request Response WebSocket".split(" "),
  ...(process.versions.node.startsWith("20.") ? [] : ["MessageEvent"]),
]);
const lateModule = "NativeModule internal/deps/undici/undici";

let globals: Map<unknown, Landmark> | undefined;
let hasLate = false;
let builtins = new Map<unknown, Landmark>();
let loadedCount = -1;

/** The landmark that a value is, by identity; undefined for everything a program made. */
export function landmarkOf(value: unknown): Landmark | undefined {
  const loaded = (process as unknown as { moduleLoadList?: string[] }).moduleLoadList;
  if (globals === undefined || loaded?.length !== loadedCount) collectLoaded(loaded);
  return globals?.get(value) ?? builtins.get(value);
}

/** A value of a module that this process has not loaded cannot be here. */
function collectLoaded(loaded: readonly string[] | undefined): void {
  globals ??= collectGlobals(new Map(), [
    ...globalNames.filter((name) => !lateNames.has(name)),
    ...Object.keys(hidden),
  ]);
  if (!hasLate && (loaded?.includes(lateModule) ?? true)) {
    globals = collectGlobals(globals, [...lateNames]);
    hasLate = true;
  }
  builtins = collectBuiltins(loaded ?? []);
  // Collecting may load some more.
  loadedCount = loaded?.length ?? -1;
}

/** Walk a landmark's path from its root; throws a plain TypeError when it is not there. */
export function followPath(root: unknown, path: readonly string[]): unknown {
  let at = root;
  for (const segment of path) {
    const holder = at as object;
    const accessor = /^(get|set) (.*)$/.exec(segment);
    if (accessor !== null) {
      const key = keyOf(accessor[2]!);
      at = Object.getOwnPropertyDescriptor(holder, key)?.[accessor[1] as "get" | "set"];
    } else {
      at = (holder as Record<string | symbol, unknown>)[keyOf(segment)];
    }
  }
  return at;
}

/** Intrinsics without a global name, by the name that the specification gives them. */
export function hiddenIntrinsic(name: string): unknown {
  return hidden[name]?.();
}

const hidden: Record<string, () => unknown> = {
  "%TypedArray%": () => Object.getPrototypeOf(Uint8Array),
  "%GeneratorFunction%": () => function* () {}.constructor,
  "%AsyncFunction%": () => async function () {}.constructor,
  "%AsyncGeneratorFunction%": () => async function* () {}.constructor,
  "%ArrayIteratorPrototype%": () => Object.getPrototypeOf([][Symbol.iterator]()),
  "%MapIteratorPrototype%": () => Object.getPrototypeOf(new Map()[Symbol.iterator]()),
  "%SetIteratorPrototype%": () => Object.getPrototypeOf(new Set()[Symbol.iterator]()),
  "%StringIteratorPrototype%": () => Object.getPrototypeOf(""[Symbol.iterator]()),
  "%RegExpStringIteratorPrototype%": () => Object.getPrototypeOf("".matchAll(/x/g)),
  "%IteratorPrototype%": () =>
    Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()) as object),
  "%AsyncIteratorPrototype%": () =>
    Object.getPrototypeOf(
      Object.getPrototypeOf(async function* () {}.prototype as object) as object,
    ),
};

const depthMax = 4;

/** Adds globals and hidden intrinsics, with what they lead to. */
function collectGlobals(
  found: Map<unknown, Landmark>,
  names: readonly string[],
): Map<unknown, Landmark> {
  const queue = names.map((name): [unknown, string[]] => [
    name in hidden ? hiddenIntrinsic(name) : (globalThis as never)[name],
    [name],
  ]);
  collect(queue, 1, (value, path) => {
    if (found.has(value) || isReplaced(value, path)) return false;
    found.set(value, { kind: "global", path });
    return true;
  });
  return found;
}

/** A function that the program put in the place of one of the language's own, which are native. */
function isReplaced(value: unknown, path: readonly string[]): boolean {
  const ofLanguage = languageNames.has(path[0]!) || path[0]!.startsWith("%");
  if (typeof value !== "function" || !ofLanguage) return false;
  return !isNativeText(Function.prototype.toString.call(value));
}

/** Whether the text of a function says that it is the engine's. */
export function isNativeText(text: string): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(text);
}

function collectBuiltins(loaded: readonly string[]): Map<unknown, Landmark> {
  const names = loaded.flatMap((entry) => /^NativeModule (.*)$/.exec(entry)?.[1] ?? []);
  const known = new Set(builtinModules);
  const unwanted = /^_|^internal\/|^(sys|punycode|constants|process|console)$/;
  const wanted = names.filter((name) => known.has(name) && !unwanted.test(name));
  // Base modules first, so that a value has the same name whatever else is loaded.
  wanted.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  const found = new Map<unknown, Landmark>();
  for (const module of wanted) {
    const exports = process.getBuiltinModule(module);
    collect([[exports, []]], 0, (value, path) => {
      if (found.has(value) || globals?.has(value) === true) return false;
      found.set(value, { kind: "builtin", module, path });
      return true;
    });
  }
  return found;
}

function depth(name: string): number {
  return name.split("/").length;
}

/** Breadth first, so that the shortest path names a value; `take` says whether it is new. */
function collect(
  queue: [unknown, string[]][],
  rootLength: number,
  take: (value: unknown, path: string[]) => boolean,
): void {
  for (let i = 0; i < queue.length; i++) {
    const [value, path] = queue[i]!;
    const composite = typeof value === "function" || (typeof value === "object" && value !== null);
    if (!composite && typeof value !== "symbol") continue;
    if (typeof value === "object" && path.length > rootLength && !isShared(path)) continue;
    if (!take(value, path)) continue;
    if (!composite || path.length >= depthMax || isClosed(path)) continue;
    for (const key of Reflect.ownKeys(value)) {
      const name = nameOf(key);
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (name === undefined || property === undefined || key === "constructor") continue;
      if ("value" in property) queue.push([property.value, [...path, name]]);
      else if (key === "promises") queue.push([(value as never)[key], [...path, name]]);
      else {
        if (property.get) queue.push([property.get, [...path, `get ${name}`]]);
        if (property.set) queue.push([property.set, [...path, `set ${name}`]]);
      }
    }
  }
}

// Every other object that hangs on a standard one is state: the cache of node:module holds all
// that the program exports, and workerData is what this thread was given.
const sharedObjects = new Set(
  "prototype promises posix win32 types strict constants env webcrypto subtle".split(" "),
);

function isShared(path: readonly string[]): boolean {
  return sharedObjects.has(path.at(-1)!);
}

/** Below these hangs what the program made, or what differs from process to process. */
function isClosed(path: readonly string[]): boolean {
  return (
    path[0] === "global" || path[0] === "globalThis" || (path[0] === "process" && path.length > 1)
  );
}

const programExports: Readonly<Record<string, readonly string[]>> = {
  worker_threads: ["workerData", "parentPort", "resourceLimits", "threadId", "isMainThread"],
  cluster: ["worker", "workers", "settings"],
  process: ["argv", "argv0", "execArgv", "title", "pid", "ppid", "mainModule"],
};

/** Exports of a built-in module that say something of this process or thread alone. */
export function isProgramExport(module: string, name: string): boolean {
  return programExports[module]?.includes(name) === true;
}

function nameOf(key: string | symbol): string | undefined {
  if (typeof key === "string") return key.startsWith("@@") ? undefined : key;
  const name = key.description?.startsWith("Symbol.") ? key.description.slice(7) : undefined;
  return name !== undefined && (Symbol as never)[name] === key ? `@@${name}` : undefined;
}

function keyOf(name: string): string | symbol {
  return name.startsWith("@@") ? (Symbol as never)[name.slice(2)] : name;
}
