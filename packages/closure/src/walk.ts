import { types } from "node:util";
import { CaptureError, type CaptureErrorCode } from "./errors.ts";
import { declaredReference } from "./declared-exports.ts";
import { describeFunction } from "./describe-function.ts";
import { describeObject } from "./describe-object.ts";
import { environmentOf } from "./env.ts";
import type { AnyFunction, Inspected, Inspector } from "./inspector.ts";
import { isNativeText, landmarkOf } from "./intrinsics.ts";
import { moduleReferenceOf } from "./module-function.ts";
import type { Hint, Slot, WireNode } from "./nodes.ts";
import { isPrunable, needed } from "./prune.ts";
import { remember } from "./live.ts";
import { describePosition, loadScripts, place, type Placed, type Script } from "./script.ts";
import { covers, union, type Usage } from "./usage.ts";
import { encode, Ref, type Packed } from "./wire.ts";

/** How a value was reached from the one before it. */
export type Edge = {
  /** Hidden edges (generated import variables) do not show in a trail. */
  readonly kind: "capture" | "property" | "hidden";
  readonly name: string;
};

/** A value that travels, and the first way that led to it. */
export type Found = {
  readonly value: unknown;
  readonly id: number;
  readonly from: Found | undefined;
  readonly edge: Edge;
};

/** A function with all that V8 and its script say about it. */
export type Examined = {
  readonly text: string;
  readonly inspected: Inspected | undefined;
  readonly script: Script | undefined;
  readonly placed: Placed | undefined;
};

/** The modes in which variables may be captured at all. */
export type WalkMode = "auto" | "explicit";

/**
 * One capture: numbers every value that travels, breadth first from the function, and describes
 * each once. What several functions need of one object is joined; when a need turns up after the
 * object was described, the pass is repeated with all that is known, so the result depends on
 * neither the order nor the number of passes.
 */
export class Walk {
  readonly mode: WalkMode;
  readonly inspector: Inspector | undefined;
  /** Only read by the describers, which fill it for the current pass. */
  readonly hints: Map<number, Hint> = new Map();
  nodes: WireNode[] = [];
  queue: Found[] = [];
  /** Functions that read a variable which is assigned again somewhere; filled by the describers. */
  readonly rereading: Set<object> = new Set();
  private ids = new Map<unknown, Found>();
  private grown = false;
  private readonly demands = new Map<object, Usage>();
  private readonly examined = new Map<AnyFunction, Examined>();
  private readonly once = new Map<unknown, unknown>();

  constructor(mode: WalkMode, inspector: Inspector | undefined) {
    this.mode = mode;
    this.inspector = inspector;
  }

  run(root: AnyFunction): void {
    const name = root.name || "(anonymous)";
    do {
      this.grown = false;
      this.nodes = [];
      this.queue = [];
      this.ids = new Map();
      this.hints.clear();
      this.slot(root, undefined, { kind: "capture", name });
      for (let i = 0; i < this.queue.length; i++) this.nodes.push(this.describe(this.queue[i]!));
    } while (this.grown);
  }

  /** The wire form of a value found from another one; `usage` is what is needed of it. */
  slot(value: unknown, from: Found | undefined, edge: Edge, usage: Usage = "all"): Slot {
    switch (typeof value) {
      case "object":
        if (value === null) return null;
        this.demand(value, usage);
        return new Ref(this.find(value, from, edge).id);
      case "function":
      case "symbol":
        return new Ref(this.find(value, from, edge).id);
      default:
        return value as Slot;
    }
  }

  /** A slot for a reference, which is described already; equal references share a node. */
  referenceSlot(node: WireNode, value: unknown, from: Found, edge: Edge, hint?: Hint): Slot {
    const text = JSON.stringify(node);
    const key = this.onceFor(`node ${text}`, () => new NodeKey(remember(node, value)));
    const found = this.find(key, from, edge);
    if (hint) this.hints.set(found.id, hint);
    return new Ref(found.id);
  }

  /** Functions of the same script on the way to a value, the nearest first. */
  witnesses(found: Found, script: Script): Placed[] {
    const placed: Placed[] = [];
    for (let at: Found | undefined = found; at !== undefined; at = at.from) {
      const examined = this.examined.get(at.value as AnyFunction);
      if (examined?.script === script && examined.placed) placed.push(examined.placed);
    }
    return placed;
  }

  /** What is needed of an object: everything, or some of its properties. */
  needOf(value: object): Usage {
    return this.demands.get(value) ?? "all";
  }

  /** Call user code (a codec, a getter of a module) once however many passes there are. */
  onceFor<T>(key: unknown, make: () => T): T {
    if (!this.once.has(key)) this.once.set(key, make());
    return this.once.get(key) as T;
  }

  /** Ask V8 about a function, and about all that wait behind it in one Debugger cycle. */
  examine(fn: AnyFunction): Examined {
    const known = this.examined.get(fn);
    if (known !== undefined) return known;
    const text = Function.prototype.toString.call(fn);
    if (this.inspector === undefined) {
      return { text, inspected: undefined, script: undefined, placed: undefined };
    }
    const inspector = this.inspector;
    const batch = [fn, ...this.waitingFunctions()].map((waiting) => ({
      fn: waiting,
      text: Function.prototype.toString.call(waiting),
      inspected: inspector.inspect(waiting),
    }));
    const scripts = loadScripts(inspector, batch);
    for (const { fn: each, text: own, inspected } of batch) {
      const script = inspected.location && scripts.get(inspected.location.scriptId);
      const placed = script && inspected.location && place(script, inspected.location, own);
      this.examined.set(each, { text: own, inspected, script, placed });
    }
    return this.examined.get(fn)!;
  }

  /** Names from the captured function to a value, as a message prints them. */
  trail(found: Found, name?: string): string[] {
    const edges: Edge[] = name === undefined ? [] : [{ kind: "capture", name }];
    for (let at: Found | undefined = found; at !== undefined; at = at.from) edges.unshift(at.edge);
    const names: string[] = [];
    let hidden = false;
    for (const edge of edges) {
      if (edge.kind === "property" && !hidden && names.length > 0) {
        names.push(names.pop()! + property(edge.name));
      } else if (edge.kind !== "hidden") names.push(edge.name);
      hidden = edge.kind === "hidden";
    }
    return names;
  }

  /** Refuse a value; `name` is a variable of the found function when that is the culprit. */
  fail(code: CaptureErrorCode, found: Found, what: string, name?: string): never {
    const trail = this.trail(found, name);
    const lines = [
      `capture: cannot ship ${trail.at(-1) ?? "it"}: ${what}`,
      `captured by ${trail.join(" -> ")}`,
    ];
    const where = this.whereIs(found);
    if (where !== undefined) lines.push(where);
    throw new CaptureError(code, lines.join("\n  "), trail);
  }

  /** Bytes of each node by itself. */
  sizes(): number[] {
    return this.nodes.map((node) => encode(node as unknown as Packed).byteLength);
  }

  /** The way to the one value that takes the most bytes. */
  heaviest(): { readonly trail: string[]; readonly bytes: number } {
    const sizes = this.sizes();
    let id = 0;
    for (let i = 1; i < sizes.length; i++) if (sizes[i]! > sizes[id]!) id = i;
    return { trail: this.trail(this.queue[id]!), bytes: sizes[id]! };
  }

  private whereIs(found: Found): string | undefined {
    for (let at: Found | undefined = found; at !== undefined; at = at.from) {
      if (typeof at.value !== "function") continue;
      const { script, placed } = this.examined.get(at.value as AnyFunction) ?? {};
      if (script === undefined || placed === undefined) continue;
      return `${at.edge.name} is at ${describePosition(script, placed.start)}`;
    }
    return undefined;
  }

  private demand(value: object, usage: Usage): void {
    const wanted = usage === "all" || !isPrunable(value) ? "all" : needed(value, usage);
    const known = this.demands.get(value);
    if (known !== undefined && covers(known, wanted)) return;
    this.demands.set(value, known === undefined ? wanted : union(known, wanted));
    if (this.ids.has(value)) this.grown = true;
  }

  private find(value: unknown, from: Found | undefined, edge: Edge): Found {
    const known = this.ids.get(value);
    if (known !== undefined) return known;
    const found: Found = { value, id: this.queue.length, from, edge };
    this.ids.set(value, found);
    this.queue.push(found);
    return found;
  }

  private describe(found: Found): WireNode {
    const { value } = found;
    if (value instanceof NodeKey) return value.node;
    if (types.isProxy(value)) {
      this.fail(
        "closure/proxy",
        found,
        "it is a Proxy, whose handler cannot be read; pass the target, or make the Proxy inside the function",
      );
    }
    const landmark = this.isOfProgram(value) ? undefined : landmarkOf(value);
    if (landmark?.kind === "global") return landmark;
    if (landmark?.kind === "builtin") return { ...landmark, namespace: false };
    if (typeof value === "symbol") return describeSymbol(value);
    if (typeof value === "function") return describeFunction(this, found, value as AnyFunction);
    return describeObject(this, found, value as object);
  }

  /** Whether a function is the program's, which may have put it in the place of one of Node's. */
  private isOfProgram(value: unknown): boolean {
    if (typeof value !== "function") return false;
    const fn = value as AnyFunction;
    if (isStandIn(fn)) return true;
    if (this.inspector === undefined || isForeign(fn)) return false;
    const { script } = this.examine(fn);
    if (script !== undefined && !script.url.startsWith("node:")) return true;
    genuine.add(fn);
    return false;
  }

  private waitingFunctions(): AnyFunction[] {
    return this.queue.slice(this.nodes.length).flatMap(({ value }) => {
      const waits =
        typeof value === "function" &&
        !types.isProxy(value) &&
        !this.examined.has(value as AnyFunction) &&
        !isStandIn(value as AnyFunction) &&
        !isForeign(value as AnyFunction);
      return waits ? [value as AnyFunction] : [];
    });
  }
}

/** JavaScript functions that were found to be Node's own. */
const genuine = new WeakSet<AnyFunction>();

/** Whether it is known what travels for a function without a look at its script. */
function isStandIn(fn: AnyFunction): boolean {
  return (
    declaredReference(fn) !== undefined ||
    moduleReferenceOf(fn) !== undefined ||
    environmentOf(fn) !== undefined
  );
}

/** Whether a function is known to be no program's without a look at its script. */
function isForeign(fn: AnyFunction): boolean {
  return genuine.has(fn) || isNativeText(Function.prototype.toString.call(fn));
}

/** Stands in the queue for a reference, which is no value of the program. */
class NodeKey {
  readonly node: WireNode;
  constructor(node: WireNode) {
    this.node = node;
  }
}

function describeSymbol(value: symbol): WireNode {
  const key = Symbol.keyFor(value);
  if (key !== undefined) return { kind: "registered-symbol", key };
  return { kind: "symbol", description: value.description };
}

function property(name: string): string {
  return /^(\[|\.)/.test(name) ? name : `.${name}`;
}
