import { isExpensive } from "../expr/expense.ts";
import { mayFail } from "../expr/may-fail.ts";
import type { CallNode, Typed } from "../expr/typed.ts";
import type { Emitter } from "./emitter.ts";
import { isLookedUp } from "./emit-lookup.ts";
import { allOk, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** 1 where all or some of the arguments are true, by Kleene: what is null may be either. */
export function emitConnective(e: Emitter, node: CallNode, fn: "and" | "or"): Value {
  const [first, ...others] = node.args as readonly [Typed, ...Typed[]];
  return others.reduce((value, right) => connect(e, fn, value, right), e.value(first));
}

function connect(e: Emitter, fn: "and" | "or", left: Value, right: Typed): Value {
  if (!isForSome(e, right)) return e.declareValue(fn, combine(fn, left, e.value(right)));
  // Only rows whose left side does not decide may fail in the right side, or pay for it.
  const decided = fn === "and" ? both(left.ok, negate(left)) : truthOf(left);
  const { lines, value } = e.branch(() => {
    const result = combine(fn, left, e.value(right));
    return e.declareValue(fn, result);
  });
  const name = e.program.slots.name(fn);
  const ok = value.ok === undefined ? undefined : e.program.slots.name("ok");
  e.line(`let ${name} = ${fn === "and" ? "0" : "1"}${ok === undefined ? "" : `, ${ok} = 1`};`);
  const set = `${name} = ${value.parts[0]};${ok === undefined ? "" : ` ${ok} = ${value.ok};`}`;
  e.nest(`if (${decided} === 0) {`, [...lines, set]);
  return makeValue("number", [name], ok);
}

/** Whether a node waits for rows that need it: it may fail, or costs more than a jump. */
function isForSome(e: Emitter, node: Typed): boolean {
  return mayFail(node) || (isExpensive(node) && !isLookedUp(node, e.program.layouts));
}

/** Where there are nulls, truth and untruth are worked out apart. */
function combine(fn: "and" | "or", left: Value, right: Value): Value {
  const operator = fn === "and" ? "&" : "|";
  const [a, b] = [left.parts[0], right.parts[0]];
  if (left.ok === undefined && right.ok === undefined) {
    return makeValue("number", [`${a} ${operator} ${b}`], undefined);
  }
  const [truth, untruth] = [
    [truthOf(left), truthOf(right)],
    [both(left.ok, negate(left)), both(right.ok, negate(right))],
  ];
  if (fn === "and") {
    return makeValue(
      "number",
      [truth.join(" & ")],
      `(${truth.join(" & ")}) | ${untruth.join(" | ")}`,
    );
  }
  return makeValue(
    "number",
    [truth.join(" | ")],
    `${truth.join(" | ")} | (${untruth.join(" & ")})`,
  );
}

/** 1 where a truth value is true, 0 where it is false or null. */
export function truthOf({ parts, ok }: Value): string {
  return both(ok, parts[0] as string);
}

function both(ok: string | undefined, text: string): string {
  if (ok === undefined) return text;
  return ok === "0" ? "0" : `(${ok} & ${text})`;
}

function negate({ parts }: Value): string {
  return `(${parts[0]} ^ 1)`;
}

/** 1 where the argument is false. */
export function emitNot(e: Emitter, node: CallNode): Value {
  const value = e.value(node.args[0] as Typed);
  return makeValue("number", [e.declare("not", `${value.parts[0]} ^ 1`)], value.ok);
}

/** 1 where the argument is, or is not, null; never null itself. */
export function emitNullTest(e: Emitter, node: CallNode, fn: "isNull" | "isNotNull"): Value {
  const ok = allOk([e.value(node.args[0] as Typed).ok]) ?? "1";
  return makeValue("number", [fn === "isNull" ? e.declare(fn, `${ok} ^ 1`) : ok], undefined);
}
