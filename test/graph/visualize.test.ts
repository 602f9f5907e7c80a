import { Delayed, LayeredGraph, MaterializedLayer, visualize } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const inc = (x: number): number => x + 1;
const add = (x: number, y: number): number => x + y;
const one = Delayed.call(inc, [1], { name: "one" });
const sum = Delayed.call(add, [one, Delayed.call(inc, [one], { name: "two" })], { name: "sum" });

describe("visualize", () => {
  it("writes a box a task and an arrow an input, for Graphviz", () => {
    expect(sum.visualize()).toMatchInlineSnapshot(`
      "digraph millrace {
        rankdir="BT";
        node [shape="box", style="rounded", fontname="sans-serif"];
        t0 [label="add", tooltip="sum"];
        t1 [label="inc", tooltip="two"];
        t2 [label="inc", tooltip="one"];
        t2 -> t0;
        t1 -> t0;
        t2 -> t1;
      }
      "
    `);
  });

  it("draws what would run when asked for the optimized graph", () => {
    const dot = sum.visualize({ optimized: true });
    expect(dot.match(/label=/g)).toHaveLength(1);
    expect(dot).toContain('label="inc → inc → add"');
  });

  it("draws a picture with the same boxes and arrows", () => {
    const svg = sum.visualize({ format: "svg" });
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 [\d.]+ [\d.]+"/,
    );
    expect(svg.match(/<rect /g)).toHaveLength(3);
    expect(svg.match(/<path d="M[\d.]+ [\d.]+L/g)).toHaveLength(3);
    expect(svg).not.toContain("NaN");
    expect(svg.endsWith("</svg>\n")).toBe(true);
  });

  it("escapes whatever a key or a function is called", () => {
    const odd = { '<&"\\\n\u0000\ud800': (x: number) => x }['<&"\\\n\u0000\ud800'] as (
      x: number,
    ) => number;
    const drawn = Delayed.call(odd, [1], { name: '"]; evil [label="</title>\u0001' });
    expect(JSON.stringify(visualize(drawn))).toMatchInlineSnapshot(
      `""digraph millrace {\\n  rankdir=\\"BT\\";\\n  node [shape=\\"box\\", style=\\"rounded\\", fontname=\\"sans-serif\\"];\\n  t0 [label=\\"<&\\\\\\"\\\\\\\\\\\\n\\u0000\\ud800\\", tooltip=\\"\\\\\\"]; evil [label=\\\\\\"</title>\\u0001\\"];\\n}\\n""`,
    );
    const svg = visualize(drawn, { format: "svg" });
    expect(svg).toContain("<title>&#34;]; evil [label=&#34;&#60;/title&#62;\ufffd</title>");
    expect(svg.match(/<[a-z/]+/g)?.filter((tag) => tag === "<title")).toHaveLength(1);
  });

  it("shows the first of many steps", () => {
    let chain = Delayed.call(inc, [1]);
    for (let i = 0; i < 9; i++) chain = Delayed.call(inc, [chain]);
    expect(chain.visualize({ optimized: true })).toContain("inc → inc → inc → inc → … 10 steps");
  });

  it("refuses other formats and pictures that nobody can read", () => {
    expect(() => sum.visualize({ format: "png" } as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: visualize: no such format, got "png", wanted "dot" or "svg".]`,
    );
    const values = Array.from({ length: 1001 }, (_, i) => i);
    const graph = new LayeredGraph().withLayer(MaterializedLayer.values("v", values));
    const outputKeys = values.map((i) => `v/${i}`);
    expect(() =>
      visualize({ graph, outputKeys }, { format: "svg" }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: visualize: too many tasks for a picture, got 1001, wanted 1000 at most. Draw the optimized graph, a part of the data, or take format "dot".]`,
    );
    expect(visualize({ graph, outputKeys }).match(/label=/g)).toHaveLength(1001);
  });
});
