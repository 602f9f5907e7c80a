import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Another engine in a process of its own, which answers a line with a line of JSON. */
export interface Peer extends AsyncDisposable {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  ask(line: string): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Starts a script of `peers` with the Python that a variable names, and waits until it is ready;
 * undefined where the variable is not set.
 */
export async function askPeer(variable: string, script: string): Promise<Peer | undefined> {
  const python = process.env[variable];
  if (python === undefined) return undefined;
  const child = spawn(python, [join(import.meta.dirname, "peers", script)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${script} has ended`);
    return JSON.parse(value) as Readonly<Record<string, unknown>>;
  };
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    ready: await answer(),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return answer();
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
