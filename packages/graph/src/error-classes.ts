/** A class whose errors say what they are by `name` and `code`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

const classes = new Map<string, { readonly prefix: string; readonly Class: ErrorClass }>();

/**
 * Lets the errors of a package be of their class on every executor: an error of a task on another
 * thread comes back with `name`, `code` and its fields, and is made one of the class of that name
 * again. Its constructor is not called, so the class keeps what it has in public fields.
 *
 * @param prefix - what all its codes begin with, up to the slash
 * @param named - the classes by what their errors have as `name`
 * @example
 * ```ts
 * import { errorClassFor, registerErrors } from "@millrace/graph";
 *
 * class TideError extends Error {
 *   override readonly name = "TideError";
 *   readonly code = "tides/too-low";
 * }
 *
 * registerErrors("tides", { TideError });
 * errorClassFor("TideError", "tides/too-low") === TideError; // => true
 * ```
 */
export function registerErrors(prefix: string, named: Readonly<Record<string, ErrorClass>>): void {
  for (const [name, Class] of Object.entries(named)) classes.set(name, { prefix, Class });
}

/**
 * The registered class that an error of this name and code is of; undefined for all others, such
 * as an error of the user's that has the same name by chance.
 *
 * @example
 * ```ts
 * import { CycleError, errorClassFor } from "@millrace/graph";
 *
 * errorClassFor("CycleError", "graph/cycle") === CycleError; // => true
 * errorClassFor("CycleError", "E_CYCLE"); // => undefined
 * ```
 */
export function errorClassFor(name: unknown, code: unknown): ErrorClass | undefined {
  if (typeof name !== "string" || typeof code !== "string") return undefined;
  const known = classes.get(name);
  return known && code.startsWith(`${known.prefix}/`) ? known.Class : undefined;
}
