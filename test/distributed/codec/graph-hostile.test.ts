import { registerCodec } from "@millrace/closure";
import type { Arg, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  annotate,
  blockInput,
  blockKeys,
  blockStep,
  ref,
  stepArray,
  task,
} from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import {
  decodeConstants,
  decodePrograms,
  encodeConstants,
  encodePrograms,
} from "../../../packages/distributed/src/codec/graph/compute-block.ts";
import { decodeGraph } from "../../../packages/distributed/src/codec/graph/decode-graph.ts";
import { writeDescription } from "../../../packages/distributed/src/codec/graph/description.ts";
import { encodeGraph } from "../../../packages/distributed/src/codec/graph/encode-graph.ts";
import {
  ArgCode,
  Form,
  KeyCode,
  LayerFlag,
  ObjectCode,
  layerCodes,
} from "../../../packages/distributed/src/codec/graph/format.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { ByteWriter } from "../../../packages/distributed/src/codec/value/byte-writer.ts";
import { HeldOutput, ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";
import { hashOf, shippedValue } from "./shipped-graphs.ts";

const corrupt = expect.objectContaining({
  name: "DistributedError",
  code: "distributed/corrupt-frame",
}) as Error;
const f = standIn(hashOf("f"));

function graph(): { readonly graph: LayeredGraph; readonly keys: readonly Key[] } {
  const large = new ShippedValue(encodeValue(new Float64Array(600)), [hashOf("g")], "t", true);
  const shipped = shippedValue(["a", "b"]);
  const made = annotate({ retries: 1, resources: { gpu: 2 }, workers: ["w"] }, () =>
    new LayeredGraph()
      .withLayer(
        new BlockwiseLayer("blocks", {
          count: 9,
          inputs: [
            { kind: "index" },
            { kind: "values", values: [1, 2, large, 4, "five", shipped, large, 8, 9n] },
          ],
          steps: [blockStep(f, blockInput(0), stepArray(blockInput(1)))],
        }),
      )
      .withLayer(
        new TreeReduceLayer("total", { input: "blocks", count: 9, combine: { fn: f, args: [1] } }),
      )
      .withLayer(
        new ShuffleLayer("dealt", {
          input: "blocks",
          count: 9,
          npartitions: 3,
          split: { fn: f },
          shared: ["total/0"],
          join: { fn: f },
        }),
      )
      .withLayer(
        new MaterializedLayer("tasks", {
          a: new HeldOutput(1, 2),
          b: task(f, [ref("a"), [ref("dealt/1"), ref("a")], new Map([[ref("total/0"), 1]])]),
          c: task(f, [ref("b"), { x: ref("a") }]),
          ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k-${i}`, `${i}`])),
        }),
      ),
  );
  return { graph: made, keys: ["c", "k-3", ...blockKeys("dealt", 0, 3)] };
}

const input = { kind: "input", input: 0 } as const;
const steps = [{ fn: hashOf("f"), args: [input, { kind: "inputs", start: 0, count: 2 } as Arg] }];
const spec = { steps: [...steps, ...steps], inputCount: 2, constantCount: 0 };

/** Blocks of each form, and who reads them. */
const forms: readonly { readonly block: Block; readonly decode: (block: Block) => unknown }[] = [
  { block: encodeGraph(graph().graph, graph().keys), decode: decodeGraph },
  { block: encodePrograms([{ program: 3, spec }]), decode: decodePrograms },
  { block: encodeConstants([1, shippedValue([1]), "x", 2.5]), decode: decodeConstants },
  { block: encodeConstants([1, "x", 2.5, null]), decode: decodeConstants },
];

/** Whether it is read, or refused as it should be. */
function isSafe(decode: (block: Block) => unknown, block: Block): void {
  try {
    decode(block);
  } catch (error) {
    expect(error).toEqual(corrupt);
  }
}

describe("damage", () => {
  it("anywhere is found, or gives something else", () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.nat({ max: forms.length - 1 }), changes, (which, drawn) => {
        const { block, decode } = forms[which]!;
        const header = Uint8Array.from(block.header);
        for (const [at, byte] of drawn) header[at % header.length] = byte;
        isSafe(decode, { header, buffers: block.buffers });
      }),
      { numRuns: 3_000 },
    );
  });

  it("of any single bit is found, or gives something else", () => {
    for (const { block, decode } of forms) {
      for (let bit = 0; bit < block.header.length * 8; bit++) {
        const header = Uint8Array.from(block.header);
        header[bit >> 3]! ^= 1 << (bit & 7);
        isSafe(decode, { header, buffers: block.buffers });
      }
    }
  });

  it("by which something is missing, or too much, is found", () => {
    for (const { block, decode } of forms) {
      for (let length = 0; length < block.header.length; length++) {
        const header = block.header.subarray(0, length);
        expect(() => decode({ header, buffers: block.buffers })).toThrow(corrupt);
      }
      const { header, buffers } = block;
      const longer = Uint8Array.from([...header, 0]);
      expect(() => decode({ header: longer, buffers })).toThrow(corrupt);
      expect(() => decode({ header, buffers: [...buffers, new Uint8Array(9)] })).toThrow(corrupt);
      if (buffers.length > 0) {
        expect(() => decode({ header, buffers: buffers.slice(1) })).toThrow(corrupt);
      }
    }
  });
});

const noColumns = [[], [], undefined, [], [], [], []];

/** A block of a graph whose code is some numbers. */
function coded(code: readonly number[], columns: readonly unknown[] = noColumns): Block {
  const [objects, numbers] = [new ByteWriter(), new ByteWriter()];
  for (const number of code) numbers.natural(number);
  return writeDescription(Form.graph, columns, objects, numbers, []);
}

/** Columns with a function and a name. */
const named = [[], [], undefined, [], [hashOf("f")], ["n"], []];
const { materialized, blockwise, shuffle } = layerCodes;
const treeReduce = layerCodes["tree-reduce"];
const most = 2 ** 31 - 1;
const huge = Number.MAX_SAFE_INTEGER;
/** A layer of one task, whose program takes one argument; behind it the graph and no keys. */
const one = (...arg: readonly number[]): readonly number[] =>
  [1, materialized, 0, 1, 1, 1, 0, 0, 1].concat(arg, [1, 0, 0]);
const values = (...more: readonly unknown[]): unknown[] => [[], [...more], ...named.slice(2)];

describe("lies", () => {
  it("the parts that the lies are made of are true", () => {
    expect(decodeGraph(coded([0, 0, 0], noColumns)).graph.size).toBe(0);
    expect(decodeGraph(coded(one(ArgCode.literal), values(1))).graph.size).toBe(1);
    expect(decodeGraph(coded(one(ArgCode.array), named)).graph.size).toBe(1);
    const blocks = [1, blockwise, 0, most, 0, 1, 0, 0, 1, 0, 0];
    expect(decodeGraph(coded(blocks, named)).graph.size).toBe(most);
    // Each of these would take gigabytes if anything were made for its tasks.
    const dealt = [1, shuffle, 0, 0, most - 2, 1, 0, 0, 0, 0, 0, 1, 0, 0];
    expect(decodeGraph(coded(dealt, named)).graph.size).toBe(most);
    const total = [1, treeReduce, 0, 0, 2 ** 30, 2, 0, 0, 0, 0, 1, 0, 0];
    expect(decodeGraph(coded(total, named)).graph.size).toBe(2 ** 30 - 1);
  });

  const lies: Record<string, Block> = {
    "very many layers": coded([huge]),
    "very many keys": coded([0, 0, huge]),
    "a layer that was not given": coded([0, 1, 0, 0]),
    "a layer of no kind": coded([1, 3 + LayerFlag.standsFor * 2, 0, 0]),
    "a layer without a name": coded(
      [1, blockwise, 0, 1, 0, 1, 0, 0, 1, 0, 0],
      [...named.slice(0, 5), [""], []],
    ),
    "a name with a slash": coded(
      [1, blockwise, 0, 1, 0, 1, 0, 0, 1, 0, 0],
      [...named.slice(0, 5), ["a/b"], []],
    ),
    "two layers of one name": coded(
      [2, blockwise, 0, 1, 0, 1, 0, 0, blockwise, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0],
      named,
    ),
    "a layer that stands for itself": coded(
      [1, blockwise | LayerFlag.standsFor, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0],
      named,
    ),
    "too many blocks": coded([1, blockwise, 0, most + 1, 0, 1, 0, 0, 1, 0, 0], named),
    "a value for each of very many blocks": coded([1, blockwise, 0, most, 1, 4, 1, 0, 0], named),
    "a shuffle of too many tasks": coded(
      [1, shuffle, 0, 0, most, most, 0, 0, 0, 0, 0, 1, 0, 0],
      named,
    ),
    "a tree that combines one": coded([1, treeReduce, 0, 0, 9, 1, 0, 0, 0, 0, 1, 0, 0], named),
    "very many tasks": coded([1, materialized, 0, most, 1], named),
    "a program of very many inputs": coded(
      [1, materialized, 0, 1, 1, 1, most * 4, 0, 0, 1, 0, 0],
      named,
    ),
    "a program of very many constants": coded(
      [1, materialized, 0, 1, 1, 1, 1, most, 0, 0, 1, 0, 0],
      named,
    ),
    "a program without steps": coded([1, materialized, 0, 1, 1, 1, 2, 0, 1, 0, 0], named),
    "no program before the same one": coded([1, materialized, 0, 1, 1, 0, 1, 0, 0], named),
    "an argument of no kind": coded(one(11), named),
    "an input that is not there": coded(one(ArgCode.input), named),
    "a constant that is not there": coded(one(ArgCode.constant), named),
    "a step that is still to come": coded(one(ArgCode.step), named),
    "inputs behind the last": coded(one(ArgCode.inputs + 16), named),
    "a very long array": coded(one(ArgCode.array + 16 * 2 ** 40), named),
    "a very large map": coded(one(ArgCode.map + 16 * 2 ** 40), named),
    "an object whose keys are missing": coded(one(ArgCode.object + 16, ArgCode.array), named),
    "a hundred thousand arrays in each other": coded(
      one(...new Array<number>(100_000).fill(ArgCode.array + 16), ArgCode.array),
      named,
    ),
    "a value too few": coded(one(ArgCode.literal), named),
    "a value too many": coded([0, 0, 0], values(1)),
    "a text too many": coded([0, 0, 0], [["x"], ...noColumns.slice(1)]),
    "a function of another name": coded([0, 0, 0], [...noColumns.slice(0, 4), ["eval"], [], []]),
    "a function of a name in the prototype": coded(
      [0, 0, 0],
      [...noColumns.slice(0, 4), ["constructor"], [], []],
    ),
    "a value that is an array": coded(one(ArgCode.literal), values([1])),
    "marks for other values": coded([0, 0, 0], [[], [], [1], [], [], [], []]),
    "an object that is not there": coded(one(ArgCode.literal), [[], [0], [1], ...named.slice(3)]),
    "a key before the first": coded([0, 0, 1, KeyCode.known + 1], named),
    "a key after the last": coded([0, 0, 1, KeyCode.next], named),
    "a key twice": coded([0, 0, 2, KeyCode.block, 0, 1, KeyCode.block, 0, 1], named),
    "a key twice, as a text and a block": coded(
      [0, 0, 2, KeyCode.block, 0, 1, KeyCode.text],
      [["n/1"], ...named.slice(1)],
    ),
    "a block with a number too long": coded([0, 0, 1, KeyCode.block, 0, 10 ** 10], named),
    "a name twice": coded([0, 0, 0], [...named.slice(0, 5), ["n", "n"], []]),
    "annotations of no number": coded(
      [0, 0, 0],
      [...noColumns.slice(0, 6), [["high", undefined, undefined, undefined, undefined, undefined]]],
    ),
    "resources of no amounts": coded(
      [0, 0, 0],
      [...noColumns.slice(0, 6), [[1, undefined, undefined, undefined, ["gpu"], []]]],
    ),
    "a column too many": coded([0, 0, 0], [...noColumns, []]),
    "a column too few": coded([0, 0, 0], noColumns.slice(1)),
    "texts that are numbers": coded([0, 0, 0], [[1], ...noColumns.slice(1)]),
  };

  it.each(Object.keys(lies))("%s", (name) => {
    expect(() => decodeGraph(lies[name]!)).toThrow(corrupt);
  });

  it("a long name that a byte each makes a key of", () => {
    const name = "n".repeat(100);
    const keys = 200_000;
    const code = [
      0,
      0,
      keys,
      KeyCode.block,
      0,
      0,
      ...new Array<number>(keys - 1).fill(KeyCode.next),
    ];
    // As the encoder writes it.
    expect(decodeGraph(coded(code, [...named.slice(0, 5), [name], []])).keys).toHaveLength(keys);
    const longer = coded(code, [...named.slice(0, 5), [`${name}n`], []]);
    expect(() => decodeGraph(longer)).toThrow(corrupt);
  });

  it("a long name that very many layers look through", () => {
    const layers = 20_000;
    const code = [
      layers,
      ...Array.from({ length: layers }, () => [materialized, 0, 0, 1]).flat(),
      0,
      0,
    ];
    expect(() => decodeGraph(coded(code, named))).not.toThrow();
    const long = coded(code, [...named.slice(0, 5), ["n".repeat(200_000)], []]);
    expect(() => decodeGraph(long)).toThrow(corrupt);
  });

  it("a value whose parts are missing, or whose function is one of graph's own", () => {
    const own = [hashOf("f"), "identity"];
    const table = (functions: readonly string[], ...numbers: readonly number[]): Block => {
      const objects = new ByteWriter();
      for (const number of numbers) objects.natural(number);
      return writeDescription(Form.values, [[0], [1], ["t"], functions], objects, undefined, []);
    };
    const { shipped } = ObjectCode;
    expect(decodeConstants(table(own, shipped, 1, 0, 0, 1))).toHaveLength(1);
    for (const numbers of [
      [shipped, 1, 1, 0, 1],
      [shipped, 1, 2, 0, 1],
      [shipped, huge],
      [shipped, 0, huge],
      [shipped, 0, 0, 0],
      [shipped, 0, 0, 9],
      [shipped, 0, 1, 1],
      [3, 0, 0, 1],
      [ObjectCode.held, 1],
      [],
    ]) {
      expect(() => decodeConstants(table(own, ...numbers))).toThrow(corrupt);
    }
  });
});

describe("nothing of anyone runs", () => {
  class Mine {}
  let decoded = 0;
  registerCodec({
    name: "graph-hostile/mine",
    test: (value) => value instanceof Mine,
    encode: () => 1,
    decode: () => {
      decoded++;
      return new Mine();
    },
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  const shared = ["x"];
  it.each([
    ["a class with a codec", new Mine()],
    ["a plain object", { a: 1 }],
    ["a table of them", [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }]],
    ["an object without a prototype", Object.create(null)],
    ["a Map", new Map([[1, 2]])],
    ["a Set", new Set([1])],
    ["a Date", new Date(0)],
    ["many of them", Array.from({ length: 8 }, () => new Date(0))],
    ["a pattern", /(a+)+$/],
    ["an error", new Error("x")],
    ["a symbol", Symbol.for("x")],
    ["a symbol of the language", Symbol.iterator],
    ["a typed array", new Uint8Array(4)],
    ["memory that grows", new ArrayBuffer(8)],
    ["a number in a box", Object(1)],
    ["a circle", cycle],
    ["an array in two places", [shared, shared]],
    ["an array with holes", new Array<number>(5)],
    ["a frozen array", Object.freeze([1])],
    ["a URL", new URL("http://localhost/")],
  ])("%s among the columns is refused", (_, value) => {
    for (const columns of [[value], [[value]], [[1], value, [], []]]) {
      for (const form of [Form.plainValues, Form.values]) {
        const block = writeDescription(form, columns, new ByteWriter(), undefined, []);
        expect(() => decodeConstants(block)).toThrow(corrupt);
      }
    }
    expect(decoded).toBe(0);
  });

  it("a function among the columns is refused", () => {
    const functions = { refOf: () => 0 };
    const { header, buffers } = encodeValue([() => 1], { functions });
    const block = { header: Uint8Array.from([Form.plainValues, 0, 0, 0, ...header]), buffers };
    expect(() => decodeConstants(block)).toThrow(corrupt);
  });
});

it("says what was found", () => {
  expect(() =>
    decodeGraph({ header: Uint8Array.of(9), buffers: [] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: a graph is not intact, got a block of another form, wanted what encodeGraph and its like write. Close the connection; use one version of @millrace/distributed on both sides.]`,
  );
});
