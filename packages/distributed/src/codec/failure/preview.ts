import { inspect } from "node:util";
import { attempt } from "./attempt.ts";
import { describeValue } from "../value/refusal.ts";

/** Characters of a message, a stack or a name that travel. */
const TEXT_MAX = 65_536;

/** Characters of the text that stands for a value that cannot travel. */
const PREVIEW_MAX = 1_024;

/** A text, cut where it is too long. */
export function cutText(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
}

/** A text that says what a value is; no function of the value is called. */
export function previewOf(value: unknown): string {
  const text =
    attempt(() =>
      inspect(value, {
        customInspect: false,
        depth: 1,
        maxArrayLength: 16,
        maxStringLength: PREVIEW_MAX,
      }),
    ) ??
    attempt(() => describeValue(value)) ??
    "a value that cannot be described";
  return text.length > PREVIEW_MAX ? `${text.slice(0, PREVIEW_MAX - 1)}…` : text;
}
