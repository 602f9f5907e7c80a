import type { Arg, Program } from "@millrace/graph";
import { HeldOutput, ShippedValue } from "../messages/shipped.ts";
import { nameOf } from "./stand-in.ts";

/**
 * A text that is the same for programs of stand-ins that do the same, and for no others. Without
 * recursion: arguments may be nested deeper than the stack of `JSON.stringify` goes.
 */
export function contentOf({ steps, inputCount, constantCount }: Program): string {
  // Each line says how many of the next ones belong to it.
  const lines = [`${inputCount} ${constantCount} ${steps.length}`];
  for (const { fn, args } of steps) {
    lines.push(`${nameOf(fn)} ${args.length}`);
    const rest = args.toReversed();
    for (let arg = rest.pop(); arg !== undefined; arg = rest.pop()) {
      lines.push(lineOf(arg));
      for (const item of itemsOf(arg).toReversed()) rest.push(item);
    }
  }
  return lines.join("\n");
}

function lineOf(arg: Arg): string {
  switch (arg.kind) {
    case "literal":
      return `literal ${textOf(arg.value)}`;
    case "constant":
      return `constant ${arg.constant}`;
    case "input":
      return `input ${arg.input}`;
    case "inputs":
      return `inputs ${arg.start} ${arg.count}`;
    case "step":
      return `step ${arg.step}`;
    case "pieces":
      return "pieces";
    case "array":
    case "set":
      return `${arg.kind} ${arg.items.length}`;
    case "map":
      return `map ${arg.entries.length}`;
    case "object": {
      const keys = JSON.stringify(arg.entries.map(([key]) => key));
      return `${arg.isBare === true ? "bare object" : "object"} ${keys}`;
    }
  }
}

function itemsOf(arg: Arg): readonly Arg[] {
  switch (arg.kind) {
    case "literal":
    case "constant":
    case "input":
    case "inputs":
    case "step":
      return none;
    case "pieces":
      return [arg.of, arg.piece];
    case "array":
    case "set":
      return arg.items;
    case "map":
      return arg.entries.flat();
    case "object":
      return arg.entries.map(([, item]) => item);
  }
}

const none: readonly Arg[] = [];

/** A line that no other value has; values that were not shipped are taken for what JSON says. */
function textOf(value: unknown): string {
  if (value instanceof ShippedValue) return `shipped ${JSON.stringify(value.token)}`;
  if (value instanceof HeldOutput) return `held ${value.run} ${value.output}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return JSON.stringify(value) ?? String(value);
}
