import type { RunDefaults } from "../annotations.ts";
import type { GraphCore } from "../graph-core.ts";
import { distinctInputs, topologicalOrder } from "../graph-core.ts";
import type { Program, Step } from "../program.ts";
import { identity } from "../program.ts";
import { Advice, indifferent } from "./advice.ts";
import { cullCore } from "./cull.ts";
import { GroupBuilder } from "./group.ts";

/**
 * Copies the tasks that `chosen` names into every task that reads them; what nobody needs any
 * more is left out. Requested tasks stay tasks. Cost: a few array accesses a task, plus the
 * copies; aliases are not copied but followed to their end first.
 */
export function inlineCore(
  core: GraphCore,
  wanted: readonly number[],
  chosen: (t: number) => boolean,
  defaults: RunDefaults | undefined,
): GraphCore {
  const inlined = new Uint8Array(core.size);
  for (let t = 0; t < core.size; t++) inlined[t] = chosen(t) ? 1 : 0;
  for (const t of wanted) inlined[t] = 0;
  if (!inlined.includes(1)) return core;
  const sorted = topologicalOrder(core);
  const advice = new Advice(core, defaults);
  if (!advice.isSilent) keepApart(core, sorted, inlined, advice);
  const inlinedCount = inlined.reduce((sum, one) => sum + one, 0);
  const direct = followAliases(core, sorted, inlined, advice);
  const builder = new GroupBuilder(direct, core.size - inlinedCount, new Advice(direct, defaults));
  const copies = new Copies(direct, inlined);
  for (let head = 0; head < core.size; head++) {
    if (inlined[head] === 1) continue;
    if (copies.areReadBy(head)) builder.group(copies.members, copies.gather(head));
    else builder.single(head);
  }
  const built = builder.build();
  return cullCore(
    built,
    wanted.map((t) => builder.numberOf(t)),
  );
}

/** Gathers the tasks to copy into a reader by a depth-first walk, without recursion. */
class Copies {
  /** The tasks gathered last, each after what it reads, the reader at the end. */
  readonly members: Int32Array;
  readonly #core: GraphCore;
  readonly #inlined: Uint8Array;
  readonly #seenBy: Int32Array;
  readonly #path: Int32Array;
  readonly #edges: Int32Array;

  constructor(core: GraphCore, inlined: Uint8Array) {
    this.#core = core;
    this.#inlined = inlined;
    this.members = new Int32Array(core.size);
    this.#seenBy = new Int32Array(core.size).fill(-1);
    this.#path = new Int32Array(core.size);
    this.#edges = new Int32Array(core.size);
  }

  areReadBy(t: number): boolean {
    const { offsets, targets } = this.#core;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      if (this.#inlined[targets[e] as number] === 1) return true;
    }
    return false;
  }

  /** Fills `members` for the reader `head`; gives their number. */
  gather(head: number): number {
    const { offsets, targets } = this.#core;
    const path = this.#path;
    const edges = this.#edges;
    let count = 0;
    let depth = 0;
    path[0] = head;
    edges[0] = offsets[head] as number;
    while (depth >= 0) {
      const t = path[depth] as number;
      const e = edges[depth]!++;
      if (e === offsets[t + 1]) {
        this.members[count++] = t;
        depth--;
        continue;
      }
      const input = targets[e] as number;
      if (this.#inlined[input] === 0 || this.#seenBy[input] === head) continue;
      this.#seenBy[input] = head;
      path[++depth] = input;
      edges[depth] = offsets[input] as number;
    }
    return count;
  }
}

const nobody = -2;
const various = -3;

/** Takes back the choice of tasks that annotations keep apart from a task they would end up in. */
function keepApart(core: GraphCore, sorted: Int32Array, inlined: Uint8Array, advice: Advice): void {
  const { offsets, targets, annotation } = core;
  // The class of the tasks in which a task ends up, when they are of one.
  const hosts = new Int32Array(core.size).fill(nobody);
  for (let i = sorted.length - 1; i >= 0; i--) {
    const t = sorted[i] as number;
    const own = advice.classOf(t);
    const isApart = own !== indifferent && hosts[t] !== nobody && hosts[t] !== own;
    if (isApart) inlined[t] = 0;
    const host = inlined[t] === 1 ? hosts[t] : advice.classOfAnnotation(annotation[t] as number);
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const input = targets[e] as number;
      hosts[input] = hosts[input] === nobody || hosts[input] === host ? (host as number) : various;
    }
  }
}

/**
 * The same graph with every alias among the inlined tasks followed to its end, unless it says
 * something that its reader does not say.
 */
function followAliases(
  core: GraphCore,
  sorted: Int32Array,
  inlined: Uint8Array,
  advice: Advice,
): GraphCore {
  const { offsets, targets, annotation } = core;
  const isAlias = core.programs.map(isAliasProgram);
  if (!isAlias.includes(true)) return core;
  const direct = targets.slice();
  const said = new Int32Array(core.size);
  for (const t of sorted) {
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const input = targets[e] as number;
      if (inlined[input] === 0 || !isAlias[core.program[input] as number]) continue;
      if (said[input] !== indifferent && said[input] !== annotation[t]) continue;
      // What an alias reads has been followed already.
      direct[e] = direct[offsets[input] as number] as number;
    }
    said[t] = advice.classOf(t) === indifferent ? indifferent : (annotation[t] as number);
  }
  return distinctInputs({ ...core, targets: direct });
}

function isAliasProgram({ steps }: Program): boolean {
  const step = steps[0] as Step;
  return steps.length === 1 && step.fn === identity && step.args[0]?.kind === "input";
}

/** Whether a task does no work: another name for a value, or a value that is cheap to copy. */
export function isCheap(core: GraphCore, t: number): boolean {
  const program = core.programs[core.program[t] as number];
  const step = program?.steps[0] as Step;
  if (program?.steps.length !== 1 || step.fn !== identity) return false;
  if (isAliasProgram(program)) return true;
  if (step.args[0]?.kind !== "constant") return false;
  const value = core.constants[core.constantOffsets[t] as number];
  return typeof value === "string" ? value.length <= stringLengthMax : isPrimitive(value);
}

/** Longer texts are not copied into every reader. */
const stringLengthMax = 1000;

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
