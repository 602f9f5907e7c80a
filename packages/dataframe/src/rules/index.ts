import { chooseAggregation } from "./choose-aggregation.ts";
import { combineLimits } from "./combine-limits.ts";
import { combineRepartitions } from "./combine-repartitions.ts";
import { dropIdleProjections } from "./drop-idle-projections.ts";
import { dropNeedlessLimits } from "./drop-needless-limits.ts";
import { dropRecutRows } from "./drop-recut-rows.ts";
import { dropSatisfiedDistincts } from "./drop-satisfied-distincts.ts";
import { dropSatisfiedRepartitions } from "./drop-satisfied-repartitions.ts";
import { dropSatisfiedShuffles } from "./drop-satisfied-shuffles.ts";
import { dropSatisfiedSorts } from "./drop-satisfied-sorts.ts";
import { dropSortsBelowTotals } from "./drop-sorts-below-totals.ts";
import { dropTrueFilters } from "./drop-true-filters.ts";
import { factorDisjunctions } from "./factor-disjunctions.ts";
import { flattenConcats } from "./flatten-concats.ts";
import { foldConstants } from "./fold-constants.ts";
import { mergeFilters } from "./merge-filters.ts";
import { mergeProjections } from "./merge-projections.ts";
import { mergeSorts } from "./merge-sorts.ts";
import { pruneColumns } from "./prune-columns.ts";
import { pushFilterBelowAggregate } from "./push-filter-below-aggregate.ts";
import { pushFilterBelowConcat } from "./push-filter-below-concat.ts";
import { pushFilterBelowDistinct } from "./push-filter-below-distinct.ts";
import { pushFilterBelowExplode } from "./push-filter-below-explode.ts";
import { pushFilterBelowProject } from "./push-filter-below-project.ts";
import { pushFilterBelowRepartition } from "./push-filter-below-repartition.ts";
import { pushFilterBelowShuffle } from "./push-filter-below-shuffle.ts";
import { pushFilterBelowSort } from "./push-filter-below-sort.ts";
import { pushFilterIntoScan } from "./push-filter-into-scan.ts";
import { pushLimitBelowProject } from "./push-limit-below-project.ts";
import { pushLimitIntoScan } from "./push-limit-into-scan.ts";
import type { Rule } from "./rule.ts";
import { simplifyExpressions } from "./simplify-expressions.ts";
import { sortWithinDivisions } from "./sort-within-divisions.ts";
import { trimLimitedConcat } from "./trim-limited-concat.ts";
import { turnLimitedSortIntoTopk } from "./turn-limited-sort-into-topk.ts";

/**
 * All rules, in the order in which they are tried at each node. Any order ends in a plan that gives
 * the same; this one gets there in few steps.
 */
export const allRules: readonly Rule[] = [
  // Expressions first: a predicate that has become simpler can be split, moved or dropped.
  foldConstants,
  simplifyExpressions,
  factorDisjunctions,
  dropTrueFilters,
  // What does nothing goes before anything is moved past it.
  dropIdleProjections,
  flattenConcats,
  dropSatisfiedSorts,
  dropSatisfiedDistincts,
  dropSatisfiedShuffles,
  dropSatisfiedRepartitions,
  combineRepartitions,
  dropRecutRows,
  // Equals come together, so that they move as one.
  mergeFilters,
  mergeProjections,
  mergeSorts,
  // Filters go down as far as they can, projections stay above them.
  pushFilterBelowProject,
  pushFilterBelowSort,
  pushFilterBelowShuffle,
  pushFilterBelowRepartition,
  pushFilterBelowConcat,
  pushFilterBelowAggregate,
  pushFilterBelowDistinct,
  pushFilterBelowExplode,
  pushFilterIntoScan,
  // Then limits, which no filter goes below.
  dropNeedlessLimits,
  combineLimits,
  pushLimitBelowProject,
  turnLimitedSortIntoTopk,
  trimLimitedConcat,
  pushLimitIntoScan,
  // How the rest is done is chosen last, when it is known what is left to do.
  dropSortsBelowTotals,
  sortWithinDivisions,
  chooseAggregation,
  pruneColumns,
];
