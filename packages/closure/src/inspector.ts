import type { Session } from "node:inspector";
import { readCallers } from "./callers.ts";

/** Any function or class value. */
export type AnyFunction =
  ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/** One scope of a function: `object` is a fresh copy whose properties are the real values. */
export type LiveScope = { readonly description: string; readonly object: object };

/** Where V8 says that a function begins; zero-based, and for most forms at its parameters. */
export type Location = {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
};

/** What V8 knows of one function. */
export type Inspected = {
  readonly location: Location | undefined;
  readonly scopes: readonly LiveScope[];
  readonly bound: boolean;
};

/** A script as V8 parsed it. */
export type ScriptSource = {
  readonly scriptId: string;
  readonly url: string;
  readonly isModule: boolean;
  readonly startLine: number;
  readonly startColumn: number;
  readonly sourceMapUrl: string;
  readonly source: string;
};

/** The questions that capture asks V8; valid only inside `withInspector`. */
export type Inspector = {
  inspect(fn: AnyFunction): Inspected;
  /** Names of the private fields and methods of an object. */
  privateNames(value: object): string[];
  /** Sources of those modules that are running now, without a Debugger; see `callers.ts`. */
  readCallers(moduleIds: readonly string[]): ScriptSource[];
  /** Sources of scripts, in one Debugger cycle; ids that are gone are left out. */
  readScripts(scriptIds: readonly string[]): ScriptSource[];
};

type RemoteObject = { objectId?: string; value?: unknown };
type Properties = {
  internalProperties?: { name: string; value?: RemoteObject }[];
  privateProperties?: { name: string }[];
};
type ScriptParsed = {
  params: {
    scriptId: string;
    url: string;
    isModule?: boolean;
    startLine: number;
    startColumn: number;
    sourceMapURL?: string;
  };
};
/** How V8 is asked, with its answer at once. */
export type Post = <T>(method: string, params?: object) => T;

type Slot = { value: unknown; scopes: ArrayLike<LiveScope> };
// The slot hangs on a built-in module because that object is the same in every vm context,
// and V8 evaluates in the main one.
const slotKey = Symbol.for("millrace.closure.slot");
const slotExpression =
  'process.getBuiltinModule("node:inspector").Session[Symbol.for("millrace.closure.slot")]';
const group = "millrace.closure";
// Functions that V8 may hold for us before they are released.
const heldMax = 64;

/**
 * Run `work` with a connected inspector, or with undefined where there is none that answers at
 * once (Bun, Deno, the permission model, Node built without it). Disconnects afterwards, which
 * also turns every domain off and releases what V8 kept for the session.
 */
export function withInspector<T>(work: (inspector: Inspector | undefined) => T): T {
  const connection = connect();
  if (connection === undefined) return work(undefined);
  const { session, SessionClass } = connection;
  const slots = SessionClass as unknown as Record<symbol, Slot | undefined>;
  const outer = slots[slotKey];
  try {
    const slot: Slot = { value: undefined, scopes: [] };
    slots[slotKey] = slot;
    const holder = findHolder(session);
    return work(holder === undefined ? undefined : inspectorOf(session, slot, holder));
  } finally {
    if (outer === undefined) delete slots[slotKey];
    else slots[slotKey] = outer;
    session.disconnect();
  }
}

function connect(): { session: Session; SessionClass: typeof Session } | undefined {
  try {
    const module = process.getBuiltinModule("node:inspector");
    const session = new module.Session();
    session.connect();
    return { session, SessionClass: module.Session };
  } catch {
    // Every way to fail here means the same to the caller: there is no inspector to ask.
    return undefined;
  }
}

/** The slot as V8 names it; undefined where a session does not answer at once (Bun, Deno). */
function findHolder(session: Session): string | undefined {
  try {
    const answer = post<{ result: RemoteObject }>(session, "Runtime.evaluate", {
      expression: slotExpression,
    });
    return answer?.result.objectId;
  } catch {
    return undefined;
  }
}

function post<T>(session: Session, method: string, params: object = {}): T | undefined {
  let answer: T | undefined;
  let failure: Error | null = null;
  const send = session.post.bind(session) as unknown as (
    method: string,
    params: object,
    done: (error: Error | null, result?: T) => void,
  ) => void;
  send(method, params, (error, result) => {
    failure = error;
    answer = result;
  });
  if (failure !== null) {
    throw new Error(`inspector: ${method} failed: ${JSON.stringify(failure)}`);
  }
  return answer;
}

function inspectorOf(session: Session, slot: Slot, holder: string): Inspector {
  let held = 0;
  const ask: Post = <T>(method: string, params?: object): T => {
    const answer = post<T>(session, method, params);
    if (answer === undefined) throw new Error(`inspector: ${method} did not answer at once`);
    return answer;
  };
  const propertiesOf = (value: unknown): Properties => {
    slot.value = value;
    const { result } = ask<{ result: RemoteObject }>("Runtime.callFunctionOn", {
      objectId: holder,
      functionDeclaration: "function () { return this.value; }",
      objectGroup: group,
    });
    const { objectId } = result;
    return ask<Properties>("Runtime.getProperties", { objectId, ownProperties: true });
  };
  const finish = (): void => {
    slot.value = undefined;
    slot.scopes = [];
    // Disconnecting releases the rest, so that a small capture saves the message.
    if (++held % heldMax === 0) ask("Runtime.releaseObjectGroup", { objectGroup: group });
  };
  return {
    inspect(fn) {
      try {
        const properties = propertiesOf(fn).internalProperties ?? [];
        const named = (name: string): RemoteObject | undefined =>
          properties.find((property) => property.name === name)?.value;
        return {
          location: named("[[FunctionLocation]]")?.value as Location | undefined,
          scopes: readScopes(ask, slot, holder, named("[[Scopes]]")?.objectId),
          bound: named("[[TargetFunction]]") !== undefined,
        };
      } finally {
        finish();
      }
    },
    privateNames(value) {
      try {
        const { privateProperties, internalProperties } = propertiesOf(value);
        const names = (privateProperties ?? []).map((property) => property.name);
        const methods = internalProperties?.some(({ name }) => name === "[[PrivateMethods]]");
        return methods === true ? [...names, "private methods"] : names;
      } finally {
        finish();
      }
    },
    readCallers: (scriptIds) => readCallers(ask, new Set(scriptIds)),
    readScripts: (scriptIds) => readScripts(session, ask, new Set(scriptIds)),
  };
}

function readScopes(
  ask: Post,
  slot: Slot,
  holder: string,
  scopesId: string | undefined,
): LiveScope[] {
  if (scopesId === undefined) return [];
  ask("Runtime.callFunctionOn", {
    objectId: scopesId,
    functionDeclaration: "function (slot) { slot.scopes = this; }",
    arguments: [{ objectId: holder }],
    objectGroup: group,
  });
  return Array.from(slot.scopes, ({ description, object }) => ({ description, object }));
}

// A Debugger domain that is on makes await and eval many times slower, so it is on only here.
function readScripts(session: Session, ask: Post, wanted: ReadonlySet<string>): ScriptSource[] {
  const found: ScriptParsed["params"][] = [];
  const listen = ({ params }: ScriptParsed): void => {
    if (wanted.has(params.scriptId)) found.push(params);
  };
  const events = session as unknown as NodeJS.EventEmitter;
  events.on("Debugger.scriptParsed", listen);
  try {
    ask("Debugger.enable");
    return found.map((script) => ({
      scriptId: script.scriptId,
      url: script.url,
      isModule: script.isModule === true,
      startLine: script.startLine,
      startColumn: script.startColumn,
      sourceMapUrl: script.sourceMapURL ?? "",
      source: script.url.startsWith("node:")
        ? ""
        : ask<{ scriptSource: string }>("Debugger.getScriptSource", { scriptId: script.scriptId })
            .scriptSource,
    }));
  } finally {
    ask("Debugger.disable");
    events.off("Debugger.scriptParsed", listen);
  }
}

let holeThrows: boolean | undefined;

/** Whether this V8 throws on an uninitialised binding; Node 20 reports it as undefined. */
export function uninitialisedThrows(inspector: Inspector): boolean {
  holeThrows ??= probeHole(inspector);
  return holeThrows;
}

function probeHole(inspector: Inspector): boolean {
  const probe = (): number => late;
  const scope = inspector.inspect(probe).scopes.find(({ object }) => Object.hasOwn(object, "late"));
  let throws = false;
  try {
    Reflect.get(scope?.object ?? {}, "late");
  } catch {
    throws = true;
  }
  const late = 1;
  void late;
  return throws;
}
