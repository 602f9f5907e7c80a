import type { Arg, Key, TaskGraph } from "@millrace/graph";

/**
 * A task as one expression over its inputs: two programs that do the same in another order are
 * equal.
 */
export function describeTask(graph: TaskGraph, key: Key): unknown {
  const { inputs, steps, annotations } = graph.get(key);
  const calls: string[] = [];
  for (const step of steps) {
    const args = step.args.map((arg) => describeArg(arg, inputs, calls));
    calls.push(`${step.fn.name}(${args.join()})`);
  }
  return {
    value: calls.at(-1),
    calls: calls.toSorted(),
    inputs: inputs.toSorted(),
    annotations: annotations ?? {},
  };
}

/** Every task of a graph by key, sorted. */
export function describeGraph(graph: TaskGraph): unknown {
  return graph
    .keys()
    .toSorted()
    .map((key) => [key, describeTask(graph, key)]);
}

function describeArg(arg: Arg, inputs: readonly Key[], calls: readonly string[]): string {
  switch (arg.kind) {
    case "literal":
      return `=${typeof arg.value === "string" ? arg.value.slice(0, 20) : describePlain(arg.value)}`;
    case "constant":
      return `constant ${arg.constant}`;
    case "input":
      return `<${inputs[arg.input]}>`;
    case "step":
      return calls[arg.step] as string;
    case "inputs": {
      const run = inputs.slice(arg.start, arg.start + arg.count).map((key) => `<${key}>`);
      return `array[${run.join()}]`;
    }
    case "pieces":
      return `${describeArg(arg.of, inputs, calls)}.${describeArg(arg.piece, inputs, calls)}`;
    case "array":
    case "set":
      return `${arg.kind}[${arg.items.map((item) => describeArg(item, inputs, calls)).join()}]`;
    case "map":
      return `map[${arg.entries
        .map((entry) => entry.map((item) => describeArg(item, inputs, calls)).join(":"))
        .join()}]`;
    case "object":
      return `object[${arg.entries
        .map(([name, item]) => `${name}:${describeArg(item, inputs, calls)}`)
        .join()}]`;
  }
}

function describePlain(value: unknown): string {
  if (value instanceof Map || value instanceof Set) return describePlain([...value]);
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
