import { ownFunctions } from "@millrace/graph/tasks";
import type { FunctionName } from "../../messages/shipped.ts";

const hash = /^[0-9a-f]{64}$/;

/** Whether a name is that of one of graph's own functions. */
export function isOwnName(name: FunctionName): boolean {
  return Object.hasOwn(ownFunctions, name);
}

/** Whether a name is the hash of a captured function, or that of one of graph's own. */
export function isFunctionName(name: FunctionName): boolean {
  return (name.length === 64 && hash.test(name)) || isOwnName(name);
}
