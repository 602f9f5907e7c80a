import { grown } from "../grown.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";

/** Which groups have had a value. Flags are kept only once some row may be null. */
export class Seen {
  #flags: Uint8Array | undefined;
  /** Groups below have had one while there are no flags. */
  #groups = 0;

  /** Notes rows of groups, of which there are `count` by now. */
  note(
    valid: Uint8Array | undefined,
    selection: Rows,
    n: number,
    groups: Int32Array,
    count: number,
  ): void {
    if (this.#flags === undefined) {
      if (valid === undefined) {
        this.#groups = count;
        return;
      }
      this.#flags = new Uint8Array(count).fill(1, 0, this.#groups);
    }
    const flags = grown(this.#flags, count);
    this.#flags = flags;
    const loop = rowLoop<[Uint8Array]>("seen", valid, selection, () => ({
      params: "flags",
      body: "flags[g] = 1;",
    }));
    loop(undefined, valid, selection, n, groups, flags);
  }

  /** Validity of a column over the groups. */
  valid(count: number): Uint8Array | undefined {
    if (this.#flags === undefined) {
      return this.#groups >= count ? undefined : new Uint8Array(count).fill(1, 0, this.#groups);
    }
    const valid = grown(this.#flags, count).slice(0, count);
    return valid.includes(0) ? valid : undefined;
  }
}
