import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What became of some bytes in another process. */
export interface Outcome {
  /** The code of the error, or the type of the value. */
  readonly outcome: string;
  readonly ms: number;
  /** Bytes of memory that the attempt left behind at first. */
  readonly grown: number;
}

/** Time for all attempts together; bytes that keep a decoder busy fail the test by it. */
const DEADLINE_MS = 20_000;

/**
 * Decodes bytes in a process of their own with little memory, so that those that hang, crash or
 * fill it fail the test quickly and nothing else.
 */
export async function decodeElsewhere(
  kind: "block" | "frame",
  all: readonly Uint8Array[],
): Promise<Outcome[]> {
  const fixture = fileURLToPath(new URL("fixtures/decode-all.mjs", import.meta.url));
  const given = all.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ["--max-old-space-size=128", fixture, kind],
      { timeout: DEADLINE_MS, maxBuffer: 2 ** 26, killSignal: "SIGKILL" },
      (error, stdout) => {
        if (error === null) resolve(JSON.parse(stdout) as Outcome[]);
        else reject(new Error(`decoding did not end well: ${error.message}`, { cause: error }));
      },
    );
    child.stdin?.end(Buffer.concat(given));
  });
}
