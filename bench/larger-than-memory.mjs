// The program that threads-memory measures: node larger-than-memory.mjs <blocks> <limit in MiB>
import { createThreadsExecutor } from "@millrace/distributed";
import { BlockwiseLayer, Delayed, LayeredGraph } from "@millrace/graph";

const [blocks, limitMiB] = process.argv.slice(2).map(Number);
const executor = createThreadsExecutor({ threads: 2, memoryLimit: `${limitMiB}MiB` });
let peakBytes = 0;
const timer = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 10);

/** A MiB of numbers that nothing can guess. */
const make = (block) => {
  const numbers = new Float64Array(2 ** 20);
  let state = block + 1;
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    numbers[i] = state & 0xff_ff;
  }
  return numbers;
};
const scale = (numbers) => numbers.map((x) => 2 * x);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

const startMs = performance.now();
const layer = new BlockwiseLayer("made", {
  count: blocks,
  inputs: [{ kind: "index" }],
  steps: [{ fn: make, args: [{ kind: "input", input: 0 }] }],
});
const keys = Array.from({ length: blocks }, (_, i) => `made/${i}`);
const held = await executor.persist(new LayeredGraph().withLayer(layer), keys, {});
const sums = held.keys.map((key) =>
  Delayed.call(sum, [Delayed.call(scale, [Delayed.of(held.graph, key)])]),
);
const total = await Delayed.call(sum, [sums]).compute({ executor });
const medianMs = performance.now() - startMs;
clearInterval(timer);

let expected = 0;
for (let block = 0; block < blocks; block++) expected += sum(scale(make(block)));
process.stdout.write(
  JSON.stringify({
    case: `${(8 * blocks) / limitMiB} times the limit of ${limitMiB} MiB`,
    medianMs,
    peakMiB: Math.round(peakBytes / 2 ** 20),
    peakRatio: peakBytes / (limitMiB * 2 ** 20),
    answer: total === expected ? `right: ${total}` : `wrong: ${total}, not ${expected}`,
  }),
);
process.exit(0);
