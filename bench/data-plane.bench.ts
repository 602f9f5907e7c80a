import { fork } from "node:child_process";
import { once } from "node:events";
import type { Bench, BenchResult } from "./bench.ts";
import type { Measured } from "./data-plane-sides.ts";

/** By this glibc asks for large pages for large memory; anywhere else it means nothing. */
const LARGE_PAGES = "glibc.malloc.hugetlb=1";

/**
 * Both sides are processes of their own. The baselines are a stream of as many bytes over loopback
 * TCP, written from one memory in pieces of a mebibyte: read again and again into one buffer, so
 * that nothing is kept; and read into memory that is new, as the bytes of a block are. What is new
 * has to be given by the system page by page, so `isAgain` measures all once more with large pages.
 */
export const bench: Bench<Measured & { readonly isAgain: boolean }> = {
  name: "data-plane",
  question: "What does it take to move blocks between processes, next to a plain TCP stream?",
  parameters: {
    small: { largeBytes: 3_000_000, smallCount: 300, repeats: 2, isAgain: false },
    full: { largeBytes: 100_000_000, smallCount: 10_000, repeats: 9, isAgain: true },
  },
  run: async ({ isAgain, ...measured }) => {
    const plain = await measure(measured, {});
    if (!isAgain) return plain;
    const large = await measure(measured, { GLIBC_TUNABLES: LARGE_PAGES });
    if (plain.answer !== large.answer) throw new Error(`${plain.answer}, and ${large.answer}`);
    const rows = large.rows.map((row) => ({ ...row, case: `large pages: ${row.case}` }));
    return { rows: [...plain.rows, ...rows], answer: plain.answer };
  },
};

async function measure(measured: Measured, env: NodeJS.ProcessEnv): Promise<BenchResult> {
  const file = new URL("./data-plane-sides.ts", import.meta.url);
  const side = fork(file, [JSON.stringify(measured)], { env: { ...process.env, ...env } });
  let result: BenchResult | undefined;
  // The loader of TypeScript sends messages of its own.
  side.on("message", (message: BenchResult | { readonly rows?: undefined }) => {
    if (message.rows !== undefined) result = message;
  });
  const [code] = (await once(side, "exit")) as [number | null];
  if (result === undefined) throw new Error(`a side of the bench has ended with ${code}`);
  return result;
}
