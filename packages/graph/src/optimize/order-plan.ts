import { type Csr, transpose } from "../csr.ts";

/** Registers wanted are counted no further: beyond it, more or less decides nothing. */
const registersMax = 65_535;
/** Longer lists than this are sorted by the engine rather than by insertion. */
const insertionMax = 16;

/** The graph in both directions and what a walk aims for, with every tie broken by rank. */
export interface Plan {
  /** What a task needs, the dearest first. */
  readonly needs: Csr;
  /** What needs a task, the dearest first. */
  readonly users: Csr;
  /** Tasks that nothing of their own level needs: level 0 first, then by rank. */
  readonly goals: Int32Array;
  /** The same tasks: level 0 first, then those that want fewest registers. */
  readonly cheapestGoals: Int32Array;
  /** Tasks of a lower level go first; undefined when all are of one. */
  readonly level: Int32Array | undefined;
}

/** 0, 1, 2 … size - 1. */
function countUp(size: number): Int32Array {
  const numbers = new Int32Array(size);
  for (let n = 0; n < size; n++) numbers[n] = n;
  return numbers;
}

/** Sorts what a walk goes by. Cost: linear but for tasks of many inputs, whose lists are sorted. */
export function planOf(
  graph: Csr,
  topological: Int32Array,
  ranks: { rank: Int32Array | undefined; byRank: Int32Array | undefined },
  level: Int32Array | undefined,
): Plan {
  const needs = { ...graph, targets: graph.targets.slice() };
  const wanted = sortByRegisters(needs, topological, ranks);
  const byRank = ranks.byRank ?? countUp(wanted.length);
  let most = 0;
  for (const count of wanted) if (count > most) most = count;
  const cheapness = wanted.map((count) => most - count);
  const users = transpose(graph, sortedBy(byRank, cheapness));
  const goals = goalsOf(users, level, byRank);
  const cheapestGoals = sortedBy(goals, wanted);
  if (level === undefined) return { needs, users, goals, cheapestGoals, level };
  return {
    needs,
    users,
    goals: sortedBy(goals, level),
    cheapestGoals: sortedBy(cheapestGoals, level),
    level,
  };
}

/**
 * Sorts every list dearest first and returns how dear each task is: Sethi and Ullman's register
 * numbers, read as outputs alive, which are exact on trees and too high elsewhere.
 */
function sortByRegisters(
  { size, offsets, targets }: Csr,
  topological: Int32Array,
  { rank, byRank }: { rank: Int32Array | undefined; byRank: Int32Array | undefined },
): Int32Array {
  const wanted = new Int32Array(size);
  for (let n = 0; n < size; n++) {
    const task = topological[n]!;
    const first = offsets[task]!;
    const count = offsets[task + 1]! - first;
    const list = targets.subarray(first, first + count);
    if (count > insertionMax) sortByEngine(list, wanted, rank, byRank);
    else if (count > 1) sortByInsertion(targets, first, count, wanted, rank);
    let most = 1;
    for (let i = 0; i < count; i++) most = Math.max(most, wanted[targets[first + i]!]! + i);
    wanted[task] = Math.min(most, registersMax);
  }
  return wanted;
}

function sortByInsertion(
  targets: Int32Array,
  first: number,
  count: number,
  wanted: Int32Array,
  rank: Int32Array | undefined,
): void {
  for (let i = first + 1; i < first + count; i++) {
    const task = targets[i]!;
    const want = wanted[task]!;
    const place = rank === undefined ? task : rank[task]!;
    let at = i;
    for (; at > first; at--) {
      const other = targets[at - 1]!;
      const difference = wanted[other]! - want;
      if (difference > 0) break;
      if (difference === 0 && (rank === undefined ? other : rank[other]!) < place) break;
      targets[at] = other;
    }
    targets[at] = task;
  }
}

/** Packs what is wanted and the rank into one exact number each, and lets the engine sort these. */
function sortByEngine(
  list: Int32Array,
  wanted: Int32Array,
  rank: Int32Array | undefined,
  byRank: Int32Array | undefined,
): void {
  const keys = new Float64Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const task = list[i]!;
    const place = rank === undefined ? task : rank[task]!;
    keys[i] = (registersMax - wanted[task]!) * 2 ** 32 + place;
  }
  keys.sort();
  for (let i = 0; i < list.length; i++) {
    const place = keys[i]! % 2 ** 32;
    list[i] = byRank === undefined ? place : byRank[place]!;
  }
}

/** The tasks by rising key, equal keys in the order given: a counting sort. */
function sortedBy(tasks: Int32Array, key: Int32Array): Int32Array {
  let most = 0;
  for (const task of tasks) most = Math.max(most, key[task]!);
  const starts = new Int32Array(most + 2);
  for (const task of tasks) starts[key[task]! + 1]!++;
  for (let k = 0; k < most; k++) starts[k + 1]! += starts[k]!;
  const sorted = new Int32Array(tasks.length);
  for (const task of tasks) sorted[starts[key[task]!]!++] = task;
  return sorted;
}

function goalsOf(
  { size, offsets, targets }: Csr,
  level: Int32Array | undefined,
  byRank: Int32Array,
): Int32Array {
  const found = new Int32Array(size);
  let end = 0;
  for (const task of byRank) {
    let wanted = false;
    for (let i = offsets[task]!; !wanted && i < offsets[task + 1]!; i++) {
      wanted = level === undefined || level[targets[i]!] === level[task];
    }
    if (!wanted) found[end++] = task;
  }
  return found.subarray(0, end);
}
