import { checkOptions } from "./check-options.ts";
import type { Progress } from "./executor.ts";

/** Where a progress bar is drawn: `process.stderr` fits. */
export interface ProgressStream {
  write(text: string): unknown;
  /** Whether a line can be drawn over; otherwise only the last state is printed. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const barWidthMax = 40;

/**
 * An `onProgress` handler that draws a bar in the terminal, one for each run. Where the output is
 * no terminal it prints one line, at the end. A run that failed or was cancelled is marked so.
 *
 * @param options.stream - where to draw; default `process.stderr`
 * @param options.label - a text before the bar
 * @example
 * ```ts
 * import { Delayed, progressBar } from "@millrace/graph";
 *
 * const lines: string[] = [];
 * const stream = { write: (text: string) => lines.push(text) };
 * await Delayed.call(() => 1, []).compute({ onProgress: progressBar({ stream, label: "count" }) });
 * lines[0]?.startsWith("count 1/1 tasks"); // => true
 * ```
 */
export function progressBar(
  options: {
    readonly stream?: ProgressStream | undefined;
    readonly label?: string | undefined;
  } = {},
): (progress: Progress) => void {
  checkOptions("progressBar", options, ["stream", "label"]);
  const { stream = process.stderr, label = "" } = options;
  const prefix = label === "" ? "" : `${label} `;
  return (progress) => {
    const ended = progress.outcome !== undefined || progress.done === progress.total;
    if (stream.isTTY !== true) {
      if (ended) stream.write(`${prefix}${counts(progress)}\n`);
      return;
    }
    const text = ` ${counts(progress)}`;
    const columns = stream.columns ?? 80;
    const room = columns - prefix.length - text.length - 3;
    const width = Math.max(0, Math.min(barWidthMax, room));
    const filled = Math.round(width * (progress.total === 0 ? 1 : progress.done / progress.total));
    const bar = `[${"█".repeat(filled)}${"░".repeat(width - filled)}]`;
    // A line that wraps could not be drawn over.
    const line = `${prefix}${width > 0 ? bar : ""}${text}`.slice(0, columns - 1);
    stream.write(`\r${line}\u001b[K${ended ? "\n" : ""}`);
  };
}

function counts({ done, total, retried, elapsedMs, outcome = "done" }: Progress): string {
  const again = retried > 0 ? `, ${retried} retried` : "";
  const end = outcome === "done" ? "" : `, ${outcome}`;
  return `${done}/${total} tasks${again}, ${(elapsedMs / 1000).toFixed(1)} s${end}`;
}
