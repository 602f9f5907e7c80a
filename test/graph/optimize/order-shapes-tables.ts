import { upTo, add, chain, cut, reduce, mulberry32, type Tasks } from "./order-drawing.ts";

/** What bags, tables and hand-made graphs build. */
export const tableShapes: Record<string, () => Tasks> = {
  chains: () => {
    const g: Tasks = {};
    for (const i of upTo(20)) chain(g, `c-${i}`, 5);
    return g;
  },
  "wide map": () => {
    const g: Tasks = {};
    for (const i of upTo(100)) add(g, `map-${i}`, [add(g, `read-${i}`)]);
    return g;
  },
  "tree reduction by 2": () => readAndReduce(64, 2),
  "tree reduction by 8": () => readAndReduce(512, 8),
  "lopsided tree reduction": () => readAndReduce(77, 3),
  "reads with a shared config": () => {
    const g: Tasks = { config: [] };
    const reads = upTo(64).map((i) => add(g, `read-${i}`, ["config"]));
    reduce(g, "sum", reads, 8);
    return g;
  },
  "diamond ladder": () => {
    const g: Tasks = { "a-0": [] };
    for (const i of upTo(30)) {
      add(g, `b-${i}`, [`a-${i}`]);
      add(g, `c-${i}`, [`a-${i}`]);
      add(g, `a-${i + 1}`, [`b-${i}`, `c-${i}`]);
    }
    return g;
  },
  "broadcast join": () => {
    const g: Tasks = { small: [] };
    for (const i of upTo(50)) {
      add(g, `read-${i}`);
      add(g, `join-${i}`, ["small", `read-${i}`]);
      add(g, `write-${i}`, [`join-${i}`]);
    }
    return g;
  },
  "broadcast join, then reduce": () => {
    const g: Tasks = { small: [] };
    const joins = upTo(60).map((i) => {
      add(g, `read-${i}`);
      return add(g, `join-${i}`, ["small", `read-${i}`]);
    });
    reduce(g, "sum", joins, 4);
    return g;
  },
  "repartition to fewer": () => {
    const g: Tasks = {};
    for (const i of upTo(60)) add(g, `read-${i}`);
    for (const o of upTo(7)) {
      add(
        g,
        `join-${o}`,
        upTo(60)
          .slice(cut(o, 60, 7), cut(o + 1, 60, 7))
          .map((i) => `read-${i}`),
      );
    }
    return g;
  },
  "repartition to more": () => {
    const g: Tasks = {};
    for (const i of upTo(7)) {
      add(g, `read-${i}`);
      for (let o = cut(i, 60, 7); o < cut(i + 1, 60, 7); o++) add(g, `part-${o}`, [`read-${i}`]);
    }
    return g;
  },
  shuffle: () => shuffle(16, 12),
  "shuffle, then reduce": () => {
    const g = shuffle(16, 12);
    reduce(
      g,
      "sum",
      upTo(12).map((o) => `take-${o}`),
      4,
    );
    return g;
  },
  "store into one target": () => {
    const g: Tasks = { target: [] };
    for (const i of upTo(32)) {
      chain(g, `part-${i}`, 3);
      add(g, `store-${i}`, ["target", `part-${i}-2`]);
    }
    add(
      g,
      "z-done",
      upTo(32).map((i) => `store-${i}`),
    );
    return g;
  },
  "unbalanced joins": () => {
    const g: Tasks = {};
    for (const i of upTo(16)) {
      chain(g, `long-${i}`, 6);
      chain(g, `short-${i}`, 1);
      add(g, `join-${i}`, [`long-${i}-5`, `short-${i}-0`, ...(i > 0 ? [`join-${i - 1}`] : [])]);
    }
    return g;
  },
  "joins of trees of unequal size": () => {
    const g: Tasks = {};
    for (const i of upTo(6)) {
      const large = reduce(
        g,
        `l-${i}`,
        upTo(16).map((k) => add(g, `x-${i}-${k}`)),
        4,
      );
      const small = reduce(
        g,
        `s-${i}`,
        upTo(3).map((k) => add(g, `y-${i}-${k}`)),
        3,
      );
      add(g, `join-${i}`, [small, large]);
    }
    reduce(
      g,
      "z-all",
      upTo(6).map((i) => `join-${i}`),
      6,
    );
    return g;
  },
  "deep bases and wide ones": () => {
    const g: Tasks = { d: [] };
    chain(g, "deep", 12);
    add(g, "b", ["d", "deep-11"]);
    for (const i of upTo(8)) add(g, `c-${i}`, ["d"]);
    add(g, "a", ["b", "d", ...upTo(8).map((i) => `c-${i}`)]);
    return g;
  },
  "base of a reduction": () => {
    const g: Tasks = { c: [], "b-0": ["c"], "a-0": ["b-0"] };
    for (const i of upTo(10)) {
      add(g, `b-${i + 1}`, ["c"]);
      add(g, `a-${i + 1}`, [`a-${i}`, `b-${i + 1}`]);
    }
    return g;
  },
  "many branches": () => {
    const g: Tasks = { "a-0": [] };
    for (const n of ["a", "b", "d", "dd", "e", "ee"]) {
      add(g, `${n}-1`, ["a-0"]);
      add(g, `${n}-2`, [`${n}-1`]);
    }
    add(g, "c-1", ["a-0"]);
    add(g, "dd-3", ["d-2", "dd-2"]);
    add(g, "ee-3", ["e-2", "ee-2"]);
    add(g, "a-3", ["a-2", "b-2", "c-1", "dd-3", "ee-3"]);
    return g;
  },
  "branches upwards": () => ({
    "a-1": ["a-2"],
    "a-2": ["a-3"],
    "a-3": ["b-1", "c-1"],
    "b-1": ["b-2"],
    "b-2": [],
    "c-1": ["c-2"],
    "c-2": ["c-3"],
    "c-3": [],
    "d-1": ["c-1"],
    "d-2": ["d-1"],
    "d-3": ["d-1"],
    "e-1": ["b-1"],
    "e-2": ["e-1"],
  }),
  "smaller sections first": () => ({
    a: [],
    c: [],
    e: [],
    cc: [],
    b: ["a", "c"],
    d: ["c", "e"],
    bb: ["cc"],
    aa: ["d", "bb"],
    dd: ["cc"],
  }),
  "iterations over shared data": () => {
    const g: Tasks = { "a-0": [], "b-0": [], "c-0": [], "d-0": ["a-0", "b-0", "c-0"] };
    for (let i = 1; i < 12; i++) {
      add(g, `b-${i}`, ["b-0"]);
      add(g, `c-${i}`, ["c-0"]);
      add(g, `d-${i}`, [`d-${i - 1}`, `b-${i}`, `c-${i}`]);
    }
    return g;
  },
  "group-by with 4 outputs": () => groupBySplit(64, 4, 8),
  "group-by with 12 outputs": () => groupBySplit(24, 12, 2),
  "random, any earlier task": () => randomGraph(300, 300, 1),
  "random, recent tasks": () => randomGraph(400, 20, 2),
  "random, layers": () => {
    const g: Tasks = {};
    const random = mulberry32(3);
    for (const layer of upTo(8)) {
      for (const i of upTo(30)) {
        const picks = upTo(2).map(() => `t-${layer - 1}-${Math.floor(random() * 30)}`);
        add(g, `t-${layer}-${i}`, layer === 0 ? [] : picks);
      }
    }
    return g;
  },
};

function readAndReduce(reads: number, splitEvery: number): Tasks {
  const g: Tasks = {};
  const mapped = upTo(reads).map((i) => add(g, `map-${i}`, [add(g, `read-${i}`)]));
  reduce(g, "sum", mapped, splitEvery);
  return g;
}

/** Each split cuts one input into all outputs; a slice per pair is what a join reads. */
function shuffle(splits: number, joins: number): Tasks {
  const g: Tasks = {};
  for (const i of upTo(splits)) add(g, `split-${i}`, [add(g, `read-${i}`)]);
  add(
    g,
    "group",
    upTo(splits).map((i) => `split-${i}`),
  );
  for (const o of upTo(joins)) add(g, `take-${o}`, ["group"]);
  return g;
}

function groupBySplit(reads: number, outputs: number, splitEvery: number): Tasks {
  const g: Tasks = {};
  for (const i of upTo(reads)) {
    add(g, `chunk-${i}`, [add(g, `read-${i}`)]);
    for (const o of upTo(outputs)) add(g, `piece-${i}-${o}`, [`chunk-${i}`]);
  }
  for (const o of upTo(outputs)) {
    reduce(
      g,
      `agg-${o}`,
      upTo(reads).map((i) => `piece-${i}-${o}`),
      splitEvery,
    );
  }
  return g;
}

function randomGraph(size: number, window: number, seed: number): Tasks {
  const g: Tasks = {};
  const random = mulberry32(seed);
  for (const i of upTo(size)) {
    const reach = Math.min(i, window);
    const picks = upTo(Math.floor(random() * 4)).map(() => i - 1 - Math.floor(random() * reach));
    add(g, `t-${i}`, i === 0 ? [] : picks.map((k) => `t-${k}`));
  }
  return g;
}
