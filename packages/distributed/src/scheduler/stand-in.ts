import type { TaskFunction } from "@millrace/graph";
import { ownFunctions } from "@millrace/graph";
import type { FunctionName } from "../messages/shipped.ts";

const names = new WeakMap<TaskFunction, FunctionName>();
const standIns = new Map<FunctionName, WeakRef<TaskFunction>>();
const forgotten = new FinalizationRegistry((name: FunctionName) => {
  if (standIns.get(name)?.deref() === undefined) standIns.delete(name);
});

for (const [name, fn] of Object.entries(ownFunctions)) {
  names.set(fn, name);
  standIns.set(name, new WeakRef(fn));
}

/**
 * What stands in a graph for the function of a name, where its code is not: the same object for the
 * same name, so that programs are shared as they were. Functions of graph itself are themselves.
 */
export function standIn(name: FunctionName): TaskFunction {
  const known = standIns.get(name)?.deref();
  if (known !== undefined) return known;
  const made: TaskFunction = () => {
    throw new Error(`the function ${name} is not here; only task threads run it`);
  };
  names.set(made, name);
  standIns.set(name, new WeakRef(made));
  forgotten.register(made, name);
  return made;
}

/** The name of the function that a stand-in stands for. */
export function nameOf(fn: TaskFunction): FunctionName {
  const name = names.get(fn);
  if (name === undefined) throw new Error(`${fn.name || "a function"} is no stand-in`);
  return name;
}
