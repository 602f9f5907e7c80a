import { capture, CaptureError } from "@millrace/closure";

/** A refusal without the parts that change with every edit of a test. */
export type Refused = { code: string; trail: readonly string[]; message: string };

/** What capture throws for a function. */
export function refusal(fn: (...args: never[]) => unknown): Refused {
  try {
    capture(fn);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    // Positions change with every edit of this file.
    const message = error.message.replace(/is at .*[\\/]([\w.-]+):\d+$/m, "is at $1");
    return { code: error.code, trail: error.trail, message };
  }
  throw new Error("nothing was refused");
}

/** One level down, so that every message shows a trail. */
export function through(value: unknown): () => unknown {
  const f = (): unknown => value;
  return f;
}

/** A function made from text, as `new Function` takes it: parameter names, then the body. */
export function fromText(...parts: string[]): () => unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- code that modules cannot contain
  return new Function(...parts) as () => unknown;
}
