import type { Walk } from "./walk.ts";
import { Ref, type Packed } from "./wire.ts";

/** The nodes that a node names, in order. */
export function refsOf(value: Packed): number[] {
  const refs: number[] = [];
  const stack: Packed[] = [value];
  while (stack.length > 0) {
    const at = stack.pop();
    if (typeof at !== "object" || at === null || at instanceof Uint8Array) continue;
    if (at instanceof Ref) refs.push(at.id);
    else
      for (const item of Array.isArray(at) ? (at as Packed[]) : Object.values(at)) stack.push(item);
  }
  return refs;
}

/**
 * Refuse a value that a codec or `reduce` makes and that its own payload reaches: it would have
 * to exist before it is made.
 */
export function checkCodecCycles(walk: Walk): void {
  const made = walk.nodes.flatMap(({ kind }, id) =>
    kind === "codec" || kind === "reduce" ? [id] : [],
  );
  if (made.length === 0) return;
  const children = walk.nodes.map((node) => refsOf(node as unknown as Packed));
  const component = components(children);
  const sizes = new Map<number, number>();
  for (const id of component) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  for (const id of made) {
    if (sizes.get(component[id]!) === 1 && !children[id]!.includes(id)) continue;
    walk.fail(
      "closure/cyclic-codec",
      walk.queue[id]!,
      "what its codec or reduce method returns leads back to it; encode only plain data",
    );
  }
}

/** Tarjan's strongly connected components (SIAM J. Comput. 1972), without recursion. */
function components(children: readonly number[][]): number[] {
  const count = children.length;
  const order = new Array<number>(count).fill(-1);
  const low = new Array<number>(count).fill(0);
  const component = new Array<number>(count).fill(-1);
  const open: number[] = [];
  let next = 0;
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue;
    const path = [{ id: root, child: 0 }];
    order[root] = low[root] = next++;
    open.push(root);
    while (path.length > 0) {
      const top = path.at(-1)!;
      const child = children[top.id]![top.child++];
      if (child === undefined) {
        path.pop();
        const above = path.at(-1);
        if (above) low[above.id] = Math.min(low[above.id]!, low[top.id]!);
        if (low[top.id] !== order[top.id]) continue;
        for (let id = open.pop()!; ; id = open.pop()!) {
          component[id] = top.id;
          if (id === top.id) break;
        }
      } else if (order[child] === -1) {
        order[child] = low[child] = next++;
        open.push(child);
        path.push({ id: child, child: 0 });
      } else if (component[child] === -1) {
        low[top.id] = Math.min(low[top.id]!, order[child]!);
      }
    }
  }
  return component;
}
