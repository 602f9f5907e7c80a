import { DataFrame, float64, int32 } from "@millrace/dataframe";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** `few` and `many` are pairs of a new column and a filter. */
type Parameters = { readonly few: number; readonly many: number; readonly repeats: number };

const schema = { a: int32, x: float64 } as const;
let seed = 0;

/** Filters that become one, and filters that cannot, since a sum of whole numbers may overflow. */
export const bench: Bench<Parameters> = {
  name: "dataframe-planning",
  question: "Does planning a chain of new columns and filters cost the same a verb, long or short?",
  parameters: {
    small: { few: 5, many: 20, repeats: 2 },
    full: { few: 50, many: 500, repeats: 5 },
  },
  async run({ few, many, repeats }) {
    let layers = 0;
    const plan = (pairs: number, column: "a" | "x"): void => {
      layers += chain(pairs, column).graph.layers.size;
    };
    const rows: BenchRow[] = [];
    for (const [column, name] of [
      ["x", "that become one"],
      ["a", "that stay apart"],
    ] as const) {
      const timed = await compareCases(
        {
          [`${few} filters ${name}`]: () => plan(few, column),
          [`${many} filters ${name}`]: () => plan(many, column),
        },
        { repeats },
      );
      rows.push(...timed.map((row, i) => ({ ...row, usAPair: usOf(row, i === 0 ? few : many) })));
    }
    return { rows, answer: String(layers) };
  },
};

function usOf({ medianMs }: BenchRow, pairs: number): number {
  return Math.round((medianMs * 1_000) / pairs);
}

/** A plan that no run before has made, since plans are kept. */
function chain(pairs: number, column: "a" | "x"): DataFrame {
  seed += 1;
  let frame: DataFrame = DataFrame.fromRows([{ a: 1, x: 0.5 }], { schema });
  for (let i = 0; i < pairs; i++) {
    const name = `c${i}`;
    frame = frame
      .withColumns((c) => ({ [name]: c[column]!.add(seed * 1_000 + i) }))
      .filter((c) => c[name]!.gt(i));
  }
  return frame;
}
