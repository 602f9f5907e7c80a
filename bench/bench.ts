/** One line of a result: a case, how long it took, and that time over the time of the baseline. */
export type BenchRow = {
  readonly case: string;
  readonly medianMs: number;
  /** 1 for the baseline itself; absent where a comparison would say nothing. */
  readonly ratio?: number;
  /** Further columns: sizes, counts, rates. */
  readonly [column: string]: number | string | undefined;
};

/** What a run of a bench gives: the table and a text (a hash, a sum) that repeats run after run. */
export type BenchResult = { readonly rows: readonly BenchRow[]; readonly answer: string };

/**
 * A program that answers one question a user would ask; `bench/<name>.bench.ts` exports it as
 * `bench`. `small` is what the tests run, `full` is what is measured.
 */
export type Bench<P> = {
  readonly name: string;
  readonly question: string;
  readonly parameters: { readonly small: P; readonly full: P };
  readonly run: (parameters: P) => Promise<BenchResult>;
};
