import fc from "fast-check";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import {
  isFloat,
  isInteger,
  isNumeric,
  sameDType,
} from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Aggregate } from "../../../packages/dataframe/dist/expr/typed.js";
import { columnNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { aggregate, distinct } from "../../../packages/dataframe/dist/plan/aggregate.js";
import { annotated } from "../../../packages/dataframe/dist/plan/annotated.js";
import { indexKey, isSortedBy } from "../../../packages/dataframe/dist/plan/layout.js";
import type { Layout, PlanNode, SortKey } from "../../../packages/dataframe/dist/plan/node.js";
import { limit, sort, topk } from "../../../packages/dataframe/dist/plan/order.js";
import { concat, repartition, shuffle } from "../../../packages/dataframe/dist/plan/partitions.js";
import { choose, project } from "../../../packages/dataframe/dist/plan/project.js";
import { explode, filter, map, sample } from "../../../packages/dataframe/dist/plan/rows.js";
import type { Partitions } from "./evaluate-plan.ts";
import type { Row } from "./interpret.ts";
import { nodesOfPlan } from "../../../packages/dataframe/dist/plan/walk.js";
import { Choices, drawPredicate, drawValue } from "./plan-expressions.ts";
import { bounds, drawLeaf } from "./plan-leaves.ts";

/** A plan, with what is promised of its result and the rows of its blocks nodes. */
export interface DrawnPlan {
  readonly plan: PlanNode;
  /** Rows are in an order that every plan for the same must give. */
  readonly isOrdered: boolean;
  /** They are cut into partitions in a way that every plan for the same must give. */
  readonly isExact: boolean;
  readonly held: ReadonlyMap<string, Partitions>;
}

/** Random plans; each number is one choice, so that plans shrink well. */
export function plans(): fc.Arbitrary<DrawnPlan> {
  return fc
    .array(fc.nat({ max: 99_999 }), { minLength: 30, maxLength: 120, size: "max" })
    .map((choices) => new PlanDraw(choices).drawn());
}

/** Two or three plans that are computed together; later ones begin where an earlier one was. */
export function forests(): fc.Arbitrary<readonly DrawnPlan[]> {
  return fc
    .array(fc.nat({ max: 99_999 }), { minLength: 60, maxLength: 200, size: "max" })
    .map((choices) => new PlanDraw(choices).drawnTogether());
}

interface Frame {
  readonly plan: PlanNode;
  readonly isOrdered: boolean;
  readonly isExact: boolean;
}

class PlanDraw {
  readonly #choices: Choices;
  readonly #held = new Map<string, Partitions>();
  readonly #frames: Frame[] = [];
  #isColumnar = false;

  constructor(choices: readonly number[]) {
    this.#choices = new Choices(choices);
  }

  drawn(): DrawnPlan {
    return this.#grown(this.#leaf(), 2 + this.#choices.below(9));
  }

  drawnTogether(): readonly DrawnPlan[] {
    this.#isColumnar = this.#choices.below(2) === 0;
    const start = this.#leaf();
    const base = this.#grown(start, this.#choices.below(3));
    this.#frames.push(base);
    return Array.from({ length: 2 + this.#choices.below(2) }, () => {
      const from = this.#choices.below(2) === 0 ? base : this.#choices.oneOf(this.#frames);
      return this.#grown(from, this.#choices.below(5));
    });
  }

  #grown(start: Frame, count: number): DrawnPlan {
    let frame = start;
    let last: Step | undefined;
    for (let i = 0; i < count && !this.#choices.isDone(); i++) {
      const usual = last === undefined ? steps : (followers[last] ?? [last]);
      const step = this.#choices.oneOf(this.#choices.below(3) === 0 ? usual : steps);
      this.#frames.push(frame);
      frame = this.#step(step, frame) ?? frame;
      last = step;
    }
    return { ...frame, held: this.#held };
  }

  #leaf(): Frame {
    const plan = drawLeaf(this.#choices, this.#held, this.#isColumnar);
    return { plan, isOrdered: true, isExact: true };
  }

  /** One verb more; undefined where the frame has no columns for it, or no order. */
  #step(step: Step, frame: Frame): Frame | undefined {
    const { plan, isOrdered } = frame;
    const { fields } = plan;
    switch (step) {
      case "filter":
        return { ...frame, plan: filter(plan, drawPredicate(this.#choices, fields)) };
      case "project":
        return { ...frame, plan: this.#project(plan) };
      case "choose": {
        const names = this.#choices.subset(fields.map(({ name }) => name));
        return { ...frame, plan: choose(plan, names) };
      }
      case "explode": {
        const lists = fields.filter(({ dtype }) => dtype.kind === "list");
        if (lists.length === 0) return undefined;
        return { ...frame, plan: explode(plan, this.#choices.oneOf(lists).name) };
      }
      case "map": {
        return { ...frame, plan: map(plan, { gets: "block", fn: withoutNulls, fields }) };
      }
      case "sample":
        if (!frame.isExact || !isOrdered) return undefined;
        return { ...frame, plan: sample(plan, 0.7, this.#choices.below(3)) };
      case "concat": {
        const other =
          this.#choices.below(3) === 0 ? this.#choices.oneOf(this.#frames) : this.#leaf();
        return this.#concat(frame, other) ?? this.#concat(frame, frame);
      }
      case "total":
        return { plan: this.#aggregate(frame, []), isOrdered: true, isExact: true };
      case "group": {
        const keys = this.#orderable(plan);
        if (keys.length === 0) return undefined;
        return { plan: this.#aggregate(frame, keys), isOrdered, isExact: isOrdered };
      }
      case "distinct":
      case "topk":
      case "limit":
        return isOrdered ? this.#gathered(step, plan) : undefined;
      case "sort": {
        const by = this.#order(plan);
        if (by.length === 0) return undefined;
        const scope = this.#choices.below(3) === 0 ? "each" : "all";
        if (scope === "each" && !frame.isExact) return undefined;
        const isExact = frame.isExact && (scope === "each" || plan.layout.npartitions === 1);
        return { plan: sort(plan, by, scope), isOrdered, isExact };
      }
      case "annotate":
        return { ...frame, plan: annotated(plan, { priority: 1 }) };
      case "repartition":
        return this.#repartition(frame);
      case "shuffle":
        return this.#shuffle(frame);
    }
  }

  #project(plan: PlanNode): PlanNode {
    const kept = this.#choices.subset(plan.fields);
    const outputs = kept.map(({ name, dtype }) => {
      const isRenamed = this.#choices.below(6) === 0;
      return { name: isRenamed ? `${name}x` : name, value: columnNode(name, dtype) };
    });
    const made = Array.from({ length: this.#choices.below(3) }, (_, n) => {
      return {
        name: this.#choices.oneOf(["y", "z", "w"]) + n,
        value: drawValue(this.#choices, plan.fields),
      };
    });
    const all = new Map([...outputs, ...made].map((output) => [output.name, output]));
    return project(plan, [...all.values()]);
  }

  #concat(a: Frame, b: Frame): Frame | undefined {
    const names = a.plan.fields.map(({ name }) => name);
    const has = a.plan.fields.every(({ name, dtype }) =>
      b.plan.fields.some((field) => field.name === name && sameDType(field.dtype, dtype)),
    );
    if (!has) return undefined;
    return {
      plan: concat([a.plan, choose(b.plan, names)]),
      isOrdered: a.isOrdered && b.isOrdered,
      isExact: a.isExact && b.isExact,
    };
  }

  #aggregate({ plan, isOrdered }: Frame, keys: readonly string[]): PlanNode {
    const outputs = Array.from({ length: 1 + this.#choices.below(3) }, (_, n) => {
      return {
        name: `g${n}${this.#choices.below(2)}`,
        aggregate: this.#aggregateOf(plan, isOrdered),
      };
    });
    const splitOut = keys.length === 0 ? 1 : this.#choices.oneOf([1, 1, 2]);
    const taken = outputs.filter(({ name }) => !keys.includes(name));
    return aggregate(plan, keys, taken, { splitOut });
  }

  #aggregateOf({ fields }: PlanNode, isOrdered: boolean): Aggregate {
    const arg = drawValue(this.#choices, fields);
    const rows: Aggregate = { fn: "rows", arg: undefined, params: [], dtype: d.int64 };
    const count: Aggregate = { fn: "count", arg, params: [], dtype: d.int64 };
    const isNumber = isNumeric(arg.dtype);
    const sumType = isInteger(arg.dtype) ? d.int64 : d.float64;
    const numeric: readonly Aggregate[] = [
      { fn: "sum", arg, params: [], dtype: sumType },
      { fn: "mean", arg, params: [], dtype: d.float64 },
    ];
    const ordered: readonly Aggregate[] = [
      { fn: "first", arg, params: [], dtype: arg.dtype },
      { fn: "last", arg, params: [], dtype: arg.dtype },
    ];
    // Which zero is the smallest depends on the order of rows.
    const isMin = !isFloat(arg.dtype) && arg.dtype.kind !== "list";
    const min: Aggregate = { fn: "min", arg, params: [], dtype: arg.dtype };
    return this.#choices.oneOf([
      rows,
      count,
      ...(isNumber ? numeric : []),
      ...(isOrdered ? ordered : []),
      ...(isMin ? [min] : []),
    ]);
  }

  #orderable({ fields }: PlanNode): readonly string[] {
    const names = fields.filter(({ dtype }) => dtype.kind !== "list").map(({ name }) => name);
    return names.length === 0
      ? []
      : this.#choices.subset(names).slice(0, 1 + this.#choices.below(2));
  }

  #order(plan: PlanNode): readonly SortKey[] {
    const { sortedBy, index, divisions } = plan.layout;
    if (sortedBy !== undefined && this.#choices.below(4) === 0) return sortedBy.slice(0, 1);
    if (index !== undefined && divisions !== undefined && this.#choices.below(2) === 0) {
      return [indexKey(index)];
    }
    return this.#orderable(plan).map((name) => ({
      name,
      descending: this.#choices.below(3) === 0,
      nulls: this.#choices.below(3) === 0 ? "first" : "last",
    }));
  }

  #gathered(step: "distinct" | "topk" | "limit", plan: PlanNode): Frame | undefined {
    const frame = { isOrdered: true, isExact: true };
    if (step === "limit") {
      const from = this.#choices.below(3) === 0 ? "end" : "start";
      return {
        ...frame,
        plan: limit(plan, this.#choices.below(this.#choices.oneOf([3, 8])), from),
      };
    }
    const by = this.#order(plan);
    if (by.length === 0) return undefined;
    if (step === "topk") return { ...frame, plan: topk(plan, by, this.#choices.below(6)) };
    const names = by.map(({ name }) => name);
    return { ...frame, plan: distinct(plan, names) };
  }

  #repartition(frame: Frame): Frame {
    const { plan } = frame;
    const { layout } = plan;
    const isRecut = plan.kind === "repartition" && layout.rows === undefined;
    const isExact = frame.isExact && !isRecut && !mayBeCounted(plan);
    const rows = layout.rows?.reduce((sum, more) => sum + more, 0);
    if (rows !== undefined && this.#choices.below(4) === 0) {
      const first = this.#choices.below(rows + 1);
      return { ...frame, plan: repartition(plan, { by: "rows", rows: [first, rows - first] }) };
    }
    if (isIndexed(layout)) {
      const divisions = this.#choices.oneOf(bounds);
      const force = this.#choices.below(2) === 0;
      return { ...frame, plan: repartition(plan, { by: "divisions", divisions, force }) };
    }
    const npartitions = 1 + this.#choices.below(4);
    return {
      ...frame,
      isExact: npartitions === 1 || isExact,
      plan: repartition(plan, { by: "npartitions", npartitions }),
    };
  }

  #shuffle(frame: Frame): Frame | undefined {
    const { plan } = frame;
    const on = this.#orderable(plan);
    if (on.length === 0) return undefined;
    const ranged = plan.fields.some(({ name, dtype }) => name === "i" && dtype === d.int32);
    if (ranged && this.#choices.below(2) === 0) {
      const divisions = this.#choices.oneOf(bounds);
      const by = { kind: "range", column: "i", divisions } as const;
      return { ...frame, isExact: frame.isOrdered, plan: shuffle(plan, by) };
    }
    const npartitions = 1 + this.#choices.below(3);
    const by = { kind: "hash", on, npartitions } as const;
    return { isOrdered: false, isExact: false, plan: shuffle(plan, by) };
  }
}

/**
 * Whether rows that are not counted may be so once rules have done their work, so that a cut that
 * follows the written rule becomes a balanced one.
 */
function mayBeCounted(plan: PlanNode): boolean {
  if (plan.layout.rows !== undefined) return false;
  return [...nodesOfPlan(plan)].some(({ kind }) => kind === "filter" || kind === "distinct");
}

/** What a user might do with the rows of a partition. */
function withoutNulls(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.values().next().value !== null);
}

/** Whether rows can be cut at bounds of their index. */
function isIndexed(layout: Layout): boolean {
  const { index, divisions } = layout;
  return index !== undefined && divisions !== undefined && isSortedBy(layout, [indexKey(index)]);
}

const steps = [
  "filter",
  "filter",
  "filter",
  "project",
  "project",
  "choose",
  "explode",
  "map",
  "sample",
  "concat",
  "total",
  "group",
  "group",
  "distinct",
  "topk",
  "limit",
  "limit",
  "sort",
  "sort",
  "repartition",
  "repartition",
  "shuffle",
  "annotate",
] as const;

type Step = (typeof steps)[number];

/** What stands behind a step more often than by chance, since rules look for it there. */
const followers: Readonly<Partial<Record<Step, readonly Step[]>>> = {
  concat: ["limit", "limit", "limit", "filter", "concat"],
  sort: ["sort", "limit", "total", "filter"],
  shuffle: ["sort", "shuffle", "filter"],
  group: ["filter", "distinct"],
  distinct: ["filter", "distinct"],
  explode: ["filter"],
  repartition: ["repartition", "limit", "filter", "group"],
};
