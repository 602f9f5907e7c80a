import { upTo, add, cut, near, reduce, type Tasks } from "./order-drawing.ts";

/** What programs over arrays in blocks build. */
export const arrayShapes: Record<string, () => Tasks> = {
  "rechunk 1-D": () => rechunk(36, 27),
  "rechunk 1-D, then reduce": () => {
    const g = rechunk(40, 32);
    reduce(
      g,
      "sum",
      upTo(32).map((o) => `merge-${o}`),
      4,
    );
    return g;
  },
  "rechunk rows to columns": () => {
    const g: Tasks = {};
    for (const i of upTo(8)) {
      add(g, `row-${i}`);
      for (const j of upTo(8)) add(g, `piece-${i}-${j}`, [`row-${i}`]);
    }
    for (const j of upTo(8))
      add(
        g,
        `column-${j}`,
        upTo(8).map((i) => `piece-${i}-${j}`),
      );
    return g;
  },
  "map-overlap 1-D": () => {
    const g: Tasks = {};
    const n = 40;
    for (const i of upTo(n)) add(g, `read-${i}`);
    for (const i of upTo(n))
      add(
        g,
        `map-${i}`,
        near(i, n).map((k) => `read-${k}`),
      );
    for (const i of upTo(n)) add(g, `trim-${i}`, [`map-${i}`]);
    return g;
  },
  "map-overlap 2-D": () => {
    const g: Tasks = {};
    const n = 10;
    for (const i of upTo(n)) for (const j of upTo(n)) add(g, `read-${i}-${j}`);
    for (const i of upTo(n)) {
      for (const j of upTo(n)) {
        add(
          g,
          `map-${i}-${j}`,
          near(i, n).flatMap((k) => near(j, n).map((l) => `read-${k}-${l}`)),
        );
      }
    }
    return g;
  },
  "map-overlap twice with edges": () => {
    const g: Tasks = {};
    const n = 15;
    for (const i of upTo(n)) {
      add(g, `e-${i}`);
      add(g, `d-${i}`, i % 2 === 0 ? [`e-${i}`] : []);
    }
    for (const i of upTo(n))
      add(
        g,
        `c-${i}`,
        (i % 2 ? near(i, n) : [i]).map((k) => `d-${k}`),
      );
    for (let i = 0; i < n; i += 2)
      add(
        g,
        `b-${i}`,
        near(i, n).map((k) => `c-${k}`),
      );
    return g;
  },
  "stencil in time": () => {
    const g: Tasks = {};
    const n = 24;
    for (const t of upTo(12)) {
      for (const i of upTo(n)) {
        add(g, `x-${t}-${i}`, t === 0 ? [] : near(i, n).map((k) => `x-${t - 1}-${k}`));
      }
    }
    return g;
  },
  "staircase of neighbours": () => {
    const g: Tasks = {};
    for (const i of upTo(30)) {
      add(g, `c-${i}`);
      add(g, `b-${i}`, i === 0 ? ["c-0"] : [`c-${i}`, `b-${i - 1}`]);
      add(g, `a-${i}`, [`b-${i}`]);
    }
    return g;
  },
  "nearest neighbours": () => {
    const g: Tasks = {};
    for (const i of upTo(12)) {
      add(g, `b-${i}`);
      add(g, `a-${2 * i}`, i === 0 ? ["b-0"] : [`b-${i - 1}`, `b-${i}`]);
      add(g, `a-${2 * i + 1}`, [`b-${i}`]);
    }
    return g;
  },
  "scattered windows": () => {
    const g: Tasks = {};
    const sequence = [2, 0, 7, 4, 9, 6, 5, 1, 8, 3];
    const ends = [5, 7, 9, 1, 2, 4, 3, 8, 6, 0];
    for (const i of upTo(10)) add(g, `a-${i}`);
    ends.forEach((b, n) => {
      add(
        g,
        `b-${b}`,
        sequence.slice(Math.max(0, n - 2), n + 1).map((i) => `a-${i}`),
      );
    });
    return g;
  },
  "anomaly mean, 2 groups": () => anomalyMean(5, 2, 4),
  "anomaly mean, 5 groups": () => anomalyMean(60, 5, 4),
  "group means over a year": () => anomalyMean(48, 12, 8),
  "products of two arrays, three means": () => {
    const g: Tasks = {};
    const n = 40;
    for (const i of upTo(n)) {
      add(g, `u-${i}`);
      add(g, `v-${i}`);
      add(g, `mean-uu-${i}`, [`u-${i}`]);
      add(g, `mean-uv-${i}`, [`u-${i}`, `v-${i}`]);
      add(g, `mean-vv-${i}`, [`v-${i}`]);
    }
    for (const p of ["uu", "uv", "vv"])
      reduce(
        g,
        p,
        upTo(n).map((i) => `mean-${p}-${i}`),
        4,
      );
    return g;
  },
  vorticity: () => vorticity(6, 6),
  "double difference": () => {
    const g: Tasks = {};
    const source = (name: string, i: number, j: number): string =>
      add(g, `${name}-${Math.floor(i / 2)}-${Math.floor(j / 2)}`);
    for (const i of upTo(5)) {
      for (const j of upTo(5)) {
        add(g, `p-${i}-${j}`, [source("a", i, j)]);
        add(g, `q-${i}-${j}`, [source("b", i + 1, j + 1)]);
        add(g, `d-${i}-${j}`, [`p-${i}-${j}`, `q-${i}-${j}`]);
        add(g, `e-${i}-${j}`, [`d-${i}-${j}`]);
      }
    }
    add(
      g,
      "z-end",
      upTo(25).map((n) => `e-${Math.floor(n / 5)}-${n % 5}`),
    );
    return g;
  },
  "store, backtracking from the end": () => {
    const g: Tasks = {};
    for (const half of upTo(6)) {
      for (const i of upTo(3)) add(g, `a-${half * 3 + i}`);
      for (const i of upTo(2)) {
        add(g, `b-${i}-${half}`, [`a-${half * 3 + i}`, `a-${half * 3 + i + 1}`]);
        add(g, `store-${i}-${half}`, [`b-${i}-${half}`]);
      }
    }
    add(
      g,
      "z-store",
      upTo(12).map((n) => `store-${n % 2}-${Math.floor(n / 2)}`),
    );
    return g;
  },
  "crossed pairs": () => {
    const g: Tasks = {};
    for (const x of upTo(4)) {
      add(g, `s-${x}-0`);
      add(g, `s-${x}-1`, [`s-${x}-0`]);
      add(g, `t-${x}-0`, [`s-${x}-0`]);
      add(g, `t-${x}-1`, [`s-${x}-1`]);
      for (const y of upTo(4)) {
        add(g, `u-${x}-${y}`, [`t-${x}-0`, `t-${y}-1`]);
        add(g, `v-${x}-${y}`, [`u-${x}-${y}`]);
        for (const k of upTo(2)) {
          add(g, `w-${x}-${y}-${k}`, [`v-${x}-${y}`]);
          add(g, `x-${x}-${y}-${k}`, [`w-${x}-${y}-${k}`]);
        }
      }
    }
    return g;
  },
  "two trees over the same data": () => {
    const g: Tasks = {};
    const n = 16;
    for (const i of upTo(n)) {
      add(g, `a-${i}`);
      add(g, `b-${i}`, [`a-${i}`]);
      add(g, `c-${i}`, [`b-${i}`]);
      add(g, `d-${i}`, [`b-${i}`]);
    }
    const turned = upTo(n).map((i) => `d-${(i * 5 + 3) % n}`);
    const one = reduce(
      g,
      "e",
      upTo(n).map((i) => `c-${i}`),
      2,
    );
    add(g, "z-end", [one, reduce(g, "f", turned, 2)]);
    return g;
  },
  "cumulative sums, twice": () => {
    const g: Tasks = {};
    for (const i of upTo(20)) {
      add(g, `x-${i}`);
      add(g, `y-${i}`, i === 0 ? ["x-0"] : [`y-${i - 1}`, `x-${i}`]);
      add(g, `p-${i}`, [`y-${i}`]);
      add(g, `q-${i}`, i === 0 ? ["p-0"] : [`q-${i - 1}`, `p-${i}`]);
      add(g, `w-${i}`, [`q-${i}`, `x-${i}`]);
    }
    return g;
  },
  "slices of shared arrays, reduced": () => {
    const g: Tasks = { "array-0": [], "array-1": [], data: [] };
    for (const i of upTo(5)) {
      for (const j of upTo(4)) {
        for (const k of upTo(2)) {
          add(g, `open-${i}-${j}-${k}`, ["data"]);
          add(g, `slice-${i}-${j}-${k}`, [`open-${i}-${j}-${k}`]);
          add(g, `chunk-${i}-${j}-${k}`, [`array-${k}`, `slice-${i}-${j}-${k}`]);
        }
        add(g, `agg-${i}-${j}`, [`chunk-${i}-${j}-0`, `chunk-${i}-${j}-1`]);
        add(g, `turn-${i}-${j}`, [`agg-${i}-${j}`]);
      }
    }
    return g;
  },
  "blocks that read a shared vector twice": () => {
    const g: Tasks = { b: [] };
    for (const i of upTo(16)) {
      add(g, `a-${i}`);
      add(g, `d-${i}`, [`a-${i}`, "b"]);
      add(g, `p-${i}`, [`d-${i}`, "b"]);
      add(g, `z-${i}`, [`p-${i}`]);
    }
    return g;
  },
  "all groups of shared sources": () => {
    const g: Tasks = {};
    for (const k of upTo(5)) add(g, `a-${k}`);
    for (const i of upTo(20)) {
      add(
        g,
        `c-${i}`,
        upTo(5).map((k) => add(g, `b-${i}-${k}`, [`a-${k}`])),
      );
      add(g, `d-${i}`, [`c-${i}`]);
    }
    return g;
  },
  "cohorts after a rechunk": () => {
    const g: Tasks = {};
    for (const row of upTo(3)) {
      for (const i of upTo(14)) {
        add(g, `open-${row}-${i}`);
        add(g, `get-${row}-${i}`, [`open-${row}-${i}`]);
      }
      for (const m of upTo(9)) {
        const from = Math.floor((m * 14) / 9);
        const parts = [from, from + 1].map((i) => {
          return add(g, `split-${row}-${m}-${i}`, [`get-${row}-${Math.min(i, 13)}`]);
        });
        add(g, `merge-${row}-${m}`, parts);
        add(g, `chunk-${row}-${m}`, [`merge-${row}-${m}`]);
      }
      for (const cohort of upTo(3)) {
        add(
          g,
          `cohort-${row}-${cohort}`,
          upTo(3).map((k) => `chunk-${row}-${cohort + 3 * k}`),
        );
        add(g, `turn-${row}-${cohort}`, [`cohort-${row}-${cohort}`]);
      }
    }
    return g;
  },
  "raster tiles of one table": () => {
    const g: Tasks = { "asset-data": [], "asset-table": ["asset-data"] };
    for (const i of upTo(9)) {
      add(g, `fetch-${i}`, ["asset-table"]);
      add(g, `sub-${i}`, [`fetch-${i}`]);
      add(g, `concat-${i}`, [`sub-${i}`]);
      add(g, `concat-get-${i}`, [`fetch-${i}`]);
      add(g, `split-${i}-0`, [`concat-${i}`]);
      add(g, `split-${i}-1`, [`concat-get-${i}`]);
      add(g, `vindex-${i}-0`, [`concat-${i}`]);
      add(g, `vindex-${i}-1`, [`split-${i}-0`, `split-${i}-1`]);
    }
    for (const k of upTo(2)) {
      add(
        g,
        `merge-${k}`,
        upTo(9).map((i) => `vindex-${i}-${k}`),
      );
      add(g, `turn-${k}`, [`merge-${k}`]);
    }
    return g;
  },
};

function rechunk(from: number, to: number): Tasks {
  const g: Tasks = {};
  for (const i of upTo(from)) add(g, `read-${i}`);
  for (const o of upTo(to)) {
    const parts: string[] = [];
    for (let i = cut(o, from, to); i * to < (o + 1) * from; i++) {
      parts.push(add(g, `split-${i}-${o}`, [`read-${i}`]));
    }
    add(g, `merge-${o}`, parts);
  }
  return g;
}

/** The mean of each group is taken from all data, then subtracted from the same data. */
function anomalyMean(reads: number, groups: number, splitEvery: number): Tasks {
  const g: Tasks = {};
  for (const i of upTo(reads)) {
    add(g, `a-${i}`);
    add(g, `take-${i}`, [`a-${i}`]);
    add(g, `sum-${i}`, [`take-${i}`]);
    add(g, `repeat-${i}`, [`mean-${i % groups}`]);
    add(g, `minus-${i}`, [`a-${i}`, `repeat-${i}`]);
    add(g, `part-${i}`, [`minus-${i}`]);
  }
  for (const k of upTo(groups)) {
    const members = upTo(reads).filter((i) => i % groups === k);
    add(g, `mean-${k}`, [
      add(
        g,
        `group-${k}`,
        members.map((i) => `sum-${i}`),
      ),
    ]);
  }
  reduce(
    g,
    "z",
    upTo(reads).map((i) => `part-${i}`),
    splitEvery,
  );
  return g;
}

/** Two fields, each differentiated along another axis by its neighbour, then subtracted. */
function vorticity(rows: number, columns: number): Tasks {
  const g: Tasks = {};
  for (const i of upTo(rows)) {
    for (const j of upTo(columns)) {
      add(g, `u-${i}-${j}`);
      add(g, `v-${i}-${j}`);
      add(g, `du-${i}-${j}`, [`u-${i}-${j}`, `u-${i}-${(j + 1) % columns}`]);
      add(g, `dv-${i}-${j}`, [`v-${i}-${j}`, `v-${(i + 1) % rows}-${j}`]);
      add(g, `w-${i}-${j}`, [`du-${i}-${j}`, `dv-${i}-${j}`]);
    }
  }
  return g;
}
