import { allOf, anyOf, conjunctsOf } from "../expr/conjuncts.ts";
import { isExpensive, isTooLarge } from "../expr/expense.ts";
import { mayFail } from "../expr/may-fail.ts";
import type { Typed } from "../expr/typed.ts";
import { columnsOf } from "../expr/typed.ts";
import type { PlanNode, ScanNode, Source } from "../plan/node.ts";
import { limit } from "../plan/order.ts";
import { choose } from "../plan/project.ts";
import { filter } from "../plan/rows.ts";
import { scan } from "../plan/sources.ts";
import { nodesOfPlan, rewritePlan } from "../plan/walk.ts";

/**
 * Plans that run together, in which scans of the same files are one where that is surely not much
 * dearer than to read the files again; each takes its rows and columns of what was read.
 *
 * A column is free where one of the scans reads it of all rows: because it asks for no fewer rows
 * than all of them together, or because, in a text, its predicate looks at it. Others are made for
 * rows that only other scans want.
 *
 * - Columnar files are read together if all columns are free, so that what statistics of row groups
 *   spare a scan is spared, and if two scans read a column of the same rows: otherwise no byte
 *   would be read twice.
 * - Text is gone through byte by byte for whatever scan. It is read together if the columns that
 *   are not free cost no more than to go through it as often as is saved. Rows that no predicate
 *   lets through are left out.
 * - A scan that stops after its first rows takes them of others if these read all that it needs.
 */
export function shareScans(roots: readonly PlanNode[]): readonly PlanNode[] {
  const bySource = new Map<string, ScanNode[]>();
  for (const node of nodesOfPlan(...roots)) {
    if (node.kind !== "scan") continue;
    const { token } = node.source;
    bySource.set(token, [...(bySource.get(token) ?? []), node]);
  }
  const replaced = new Map<PlanNode, PlanNode>();
  for (const scans of bySource.values()) {
    for (const party of partiesOf(scans)) {
      if (party.scans.length < 2) continue;
      const shared = sharedScan(party);
      for (const one of party.scans) replaced.set(one, takenFrom(shared, one));
    }
  }
  if (replaced.size === 0) return roots;
  return roots.map((root) => rewritePlan(root, (node) => replaced.get(node) ?? node));
}

/**
 * How many columns of a text, as a share of all, cost as much to make as to go through it once:
 * rounded down from what was measured with ten columns of numbers and texts.
 */
const columnsOfAPass: Readonly<Record<Source["format"], number | undefined>> = {
  csv: 0.2,
  "json-lines": 0.8,
  parquet: undefined,
  arrow: undefined,
};

/** The same for a source; a text that is streamed is fetched or decompressed once more as well. */
function passOf({ format, parts }: Source): number | undefined {
  const share = columnsOfAPass[format];
  return share !== undefined && parts.some(isStreamed) ? 1 : share;
}

function isStreamed(part: unknown): boolean {
  const { files = [] } = part as { readonly files?: readonly { readonly block?: unknown }[] };
  return files.some(({ block }) => block === undefined);
}

/** Scans that are to be one. */
interface Party {
  readonly scans: readonly ScanNode[];
  /** What all of them ask of a row. */
  readonly common: readonly Typed[];
  /** All columns that they need, those of predicates that are not common too. */
  readonly columns: ReadonlySet<string>;
}

/** Scans in as few parties as it is worth; who asks for more rows comes first, others join. */
function partiesOf(scans: readonly ScanNode[]): readonly Party[] {
  const parties: Party[] = [];
  for (const one of scans.toSorted((a, b) => conditionCount(a) - conditionCount(b))) {
    const at = parties.findIndex((party) => mayJoin(party, one));
    const others = parties[at]?.scans ?? [];
    parties.splice(at < 0 ? parties.length : at, 1, partyOf([...others, one]));
  }
  return parties;
}

function conditionCount(one: ScanNode): number {
  return one.limit === undefined ? conditionsOf(one).length : Number.POSITIVE_INFINITY;
}

function conditionsOf({ predicate }: ScanNode): readonly Typed[] {
  return predicate === undefined ? [] : conjunctsOf(predicate);
}

function partyOf(scans: readonly ScanNode[]): Party {
  const [first = [], ...others] = scans.map(conditionsOf);
  const common = first.filter((one) => others.every((all) => all.includes(one)));
  const columns = new Set(
    scans.flatMap((one) => [...one.columns, ...columnsOf(restOf(one, common))]),
  );
  return { scans, common, columns };
}

/** What a scan asks beside what all ask. */
function restOf(one: ScanNode, common: readonly Typed[]): readonly Typed[] {
  return conditionsOf(one).filter((condition) => !common.includes(condition));
}

function mayJoin({ scans, common: before, columns: had }: Party, one: ScanNode): boolean {
  if (scans[0]?.limit !== undefined) return false;
  const { scans: all, common, columns } = partyOf([...scans, one]);
  if (one.limit !== undefined) return common.length === before.length && columns.size === had.size;
  const pass = passOf(one.source);
  const free = new Set(
    all.flatMap((each) => {
      const rest = restOf(each, common);
      if (rest.length === 0) return each.columns;
      return pass === undefined ? [] : [...columnsOf(rest)];
    }),
  );
  const dearCount = [...columns].filter((name) => !free.has(name)).length;
  const isTwice = common.length > 0 || one.columns.some((name) => had.has(name));
  if (pass === undefined) return dearCount === 0 && isTwice;
  return dearCount <= Math.max(1, pass * one.source.fields.length) * (all.length - 1);
}

/** The scan that all of a party read. */
function sharedScan({ scans, common, columns }: Party): ScanNode {
  const { source } = scans[0] as ScanNode;
  const rests = scans.map((one) => restOf(one, common));
  const others = rests.flat();
  // What is an error to one of them is none to the others, which it would reach by this scan.
  const isPlain = !others.some((one) => isExpensive(one) || mayFail(one)) && !isTooLarge(others);
  const isSome = isPlain && rests.every((rest) => rest.length > 0);
  const either = isSome ? [anyOf(rests.map(allOf))] : [];
  const names = source.fields.map(({ name }) => name).filter((name) => columns.has(name));
  const conditions = [...common, ...either];
  const predicate = conditions.length === 0 ? undefined : allOf(conditions);
  return scan(source, { columns: names, predicate });
}

/** What a scan gives, of a scan that reads it for several. */
function takenFrom(shared: ScanNode, one: ScanNode): PlanNode {
  const asked = shared.predicate === undefined ? [] : conjunctsOf(shared.predicate);
  const rest = restOf(one, asked);
  const rows = rest.length === 0 ? shared : filter(shared, allOf(rest));
  // The limit over all partitions stands above; over one it may have gone, as this does the same.
  const isLimit = one.limit !== undefined && one.layout.npartitions === 1;
  return choose(isLimit ? limit(rows, one.limit) : rows, one.columns);
}
