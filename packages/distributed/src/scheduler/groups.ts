import { groupName } from "@millrace/graph";
import type { FunctionName } from "../messages/shipped.ts";
import type { ExpandedGraph } from "./expand.ts";
import type { ProgramRecord } from "./programs.ts";
import type { Run } from "./run.ts";

/** Tasks that do the same, in all runs that are here and those that were. */
export interface GroupRecord {
  readonly number: number;
  /** The part that their keys share. */
  readonly name: string;
  readonly functions: readonly FunctionName[];
  /** Attempts that ended well, by an error, or with their worker. */
  doneCount: number;
  failedCount: number;
  lostCount: number;
  /** What attempts took that a worker has told of, and the longest of them. */
  totalUs: number;
  longestUs: number;
  /** About half of those that ended well took less; NaN before the first. */
  medianUs: number;
  /** Bytes of all values that were made. */
  madeBytes: number;
  /** How many programs of runs that are here belong to it. */
  useCount: number;
}

/** Groups of which no task is here are remembered, with what they took, up to this many. */
const idleMax = 1_024;
/** Tasks of further ones are counted together. */
const groupsMax = 4_096;
/** The group of these. */
export const othersNumber = 0;
/** A name is shown, not looked up. */
const nameCharactersMax = 200;

/** Counts and times of all tasks, by what they do. */
export class Groups {
  readonly #byContent = new Map<string, GroupRecord>();
  readonly #byNumber = new Map<number, GroupRecord>();
  /** Those of which no task is here, the one that has been idle longest first. */
  readonly #idle = new Set<GroupRecord>();
  #numbers = othersNumber + 1;
  readonly #others: GroupRecord = makeGroup(othersNumber, "(others)", []);

  constructor() {
    this.#byNumber.set(othersNumber, this.#others);
  }

  get(number: number): GroupRecord | undefined {
    return this.#byNumber.get(number);
  }

  /** All of them, in the order of their coming. */
  get all(): IterableIterator<GroupRecord> {
    return this.#byNumber.values();
  }

  /** The tasks of a run are here; gives the group of each of its programs. */
  enter({ graph, programs }: Pick<Run, "graph" | "programs">): readonly GroupRecord[] {
    const { firsts } = graph.tables;
    return programs.map((program, p) => this.#take(nameOf(graph, firsts[p] as number), program));
  }

  /** The tasks of a run are here no more. */
  leave({ groups }: Pick<Run, "groups">): void {
    for (const group of groups) this.#giveBack(group);
  }

  #take(name: string, { functions }: ProgramRecord): GroupRecord {
    const content = contentOf(name, functions);
    let group = this.#byContent.get(content);
    if (group === undefined) {
      if (this.#byNumber.size >= groupsMax && !this.#forgetOne()) return use(this.#others);
      group = makeGroup(this.#numbers++, name, functions);
      this.#byContent.set(content, group);
      this.#byNumber.set(group.number, group);
    }
    this.#idle.delete(group);
    return use(group);
  }

  #giveBack(group: GroupRecord): void {
    group.useCount--;
    if (group.useCount > 0 || group === this.#others) return;
    this.#idle.add(group);
    if (this.#idle.size > idleMax) this.#forgetOne();
  }

  /** Forgets the group that has been idle longest; false where there is none. */
  #forgetOne(): boolean {
    const [oldest] = this.#idle as Iterable<GroupRecord>;
    if (oldest === undefined) return false;
    this.#idle.delete(oldest);
    this.#byContent.delete(contentOf(oldest.name, oldest.functions));
    this.#byNumber.delete(oldest.number);
    return true;
  }
}

function nameOf(graph: ExpandedGraph, t: number): string {
  return groupName(graph.keyOf(t)).slice(0, nameCharactersMax);
}

function contentOf(name: string, functions: readonly FunctionName[]): string {
  return JSON.stringify([name, functions]);
}

function makeGroup(number: number, name: string, functions: readonly FunctionName[]): GroupRecord {
  return {
    number,
    name,
    functions,
    doneCount: 0,
    failedCount: 0,
    lostCount: 0,
    totalUs: 0,
    longestUs: 0,
    medianUs: Number.NaN,
    madeBytes: 0,
    useCount: 0,
  };
}

function use(group: GroupRecord): GroupRecord {
  group.useCount++;
  return group;
}

/** An attempt has ended, and took so long. */
export function noteAttempt(
  group: GroupRecord,
  outcome: "doneCount" | "failedCount",
  us: number,
): void {
  group[outcome]++;
  if (outcome === "doneCount") noteMedian(group, us);
  group.totalUs += us;
  if (us > group.longestUs) group.longestUs = us;
}

/** How far the median goes with each task: a tenth of itself, up or down. */
const medianStep = 1.1;

/** A step towards what was seen leads to where as many are above as below. */
function noteMedian(group: GroupRecord, us: number): void {
  const { medianUs } = group;
  if (Number.isNaN(medianUs)) group.medianUs = Math.max(1, us);
  else if (us > medianUs) group.medianUs = Math.min(us, medianUs * medianStep);
  else group.medianUs = Math.max(us, medianUs / medianStep, 1);
}
