import { createRequire } from "node:module";
import type * as Immutable from "immutable";

const loadModule = createRequire(import.meta.url);
let loaded: typeof Immutable | undefined;

/**
 * The package immutable, which takes as long to load as all of this one: threads that run tasks do
 * without.
 */
export function loadImmutable(): typeof Immutable {
  return (loaded ??= loadModule("immutable") as typeof Immutable);
}
