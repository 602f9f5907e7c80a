/** What the example shapes are drawn with: tasks by name, each with the names it depends on. */
export type Tasks = Record<string, readonly string[]>;

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export function add(g: Tasks, key: string, dependencies: readonly string[] = []): string {
  g[key] = dependencies;
  return key;
}

export function chain(g: Tasks, name: string, length: number): Tasks {
  for (const i of upTo(length)) g[`${name}-${i}`] = i === 0 ? [] : [`${name}-${i - 1}`];
  return g;
}

export function cut(i: number, n: number, k: number): number {
  return Math.floor((i * n) / k);
}

export function near(i: number, n: number): number[] {
  return [i - 1, i, i + 1].filter((k) => k >= 0 && k < n);
}

/** Adds a tree over the inputs, with splitEvery inputs a node, and returns its root. */
export function reduce(
  g: Tasks,
  name: string,
  inputs: readonly string[],
  splitEvery: number,
): string {
  let level = inputs;
  for (let depth = 0; level.length > 1; depth++) {
    const count = Math.ceil(level.length / splitEvery);
    const below = level;
    level = upTo(count).map((i) =>
      add(g, `${name}-${depth}-${i}`, below.slice(i * splitEvery, (i + 1) * splitEvery)),
    );
  }
  return level[0]!;
}

/** Numbers in [0, 1), the same ones for the same seed (Tommy Ettinger's mulberry32). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
