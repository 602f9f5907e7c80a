import { types } from "node:util";
import type { FailedStep } from "@millrace/graph/tasks";
import { isTaskFault } from "@millrace/graph/tasks";
import type { Block } from "../block.ts";
import { attempt } from "./attempt.ts";
import { encodeValue } from "../encode-value.ts";
import { errorClassOf, partsOfDomException } from "../value/error-object.ts";
import { cutText, previewOf } from "./preview.ts";

/** Causes in causes that travel; what lies deeper is a text. */
const CAUSES_MAX = 8;

/** Errors of one failure, with all causes and the errors of an AggregateError. */
const ERRORS_MAX = 64;

/** Bytes of one field that travel as what they are; a larger one becomes a text. */
const FIELD_BYTES_MAX = 65_536;

/** Fields of one error. */
const FIELDS_MAX = 64;

/**
 * Anything that was thrown or is in an error: an error by its number, or a value, as the parts of a
 * block where it can travel and as a text for where it cannot be read.
 */
export type ThrownPart =
  | { readonly error: number }
  | { readonly block: readonly Uint8Array[] | undefined; readonly preview: string };

/** An error as plain data. */
export interface ThrownError {
  /** The nearest class of the language, or DOMException. */
  readonly class: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: ThrownPart | undefined;
  /** The errors of an AggregateError. */
  readonly errors: readonly ThrownPart[] | undefined;
  readonly fields: readonly {
    readonly key: string;
    readonly isEnumerable: boolean;
    readonly value: ThrownPart;
  }[];
}

/** All that is known of what was thrown. */
export interface Failure {
  readonly thrown: ThrownPart;
  readonly errors: readonly ThrownError[];
  /** Millrace itself found it, see `taskFault`. */
  readonly isFault: boolean;
  readonly step: FailedStep | undefined;
}

/**
 * Whatever was thrown, as a block that `decodeFailure` makes an error of. Never throws: what cannot
 * be read, or cannot travel, is replaced by a text that says what it was. Texts are cut at 64 KiB,
 * causes at a depth of 8.
 *
 * @param step - which call of its task threw, where that is known
 */
export function encodeFailure(thrown: unknown, step?: FailedStep): Block {
  const described = attempt(() => encodeValue(new FailureWriter().failure(thrown, step)));
  if (described !== undefined) return described;
  const part = { block: undefined, preview: "an error that cannot be described" };
  return encodeValue({ thrown: part, errors: [], isFault: false, step } satisfies Failure);
}

class FailureWriter {
  private readonly numbers = new Map<object, number>();
  private readonly errors: ThrownError[] = [];

  failure(thrown: unknown, step: FailedStep | undefined): Failure {
    const part = this.part(thrown, 0);
    const isFault = attempt(() => isTaskFault(thrown)) === true;
    return { thrown: part, errors: this.errors, isFault, step };
  }

  private part(value: unknown, depth: number): ThrownPart {
    if (typeof value === "string") {
      const text = cutText(value);
      return { block: blockOf(text, Infinity), preview: text };
    }
    const isError = typeof value === "object" && value !== null && isErrorLike(value);
    if (!isError) return { block: blockOf(value), preview: previewOf(value) };
    const known = this.numbers.get(value);
    if (known !== undefined) return { error: known };
    if (depth > CAUSES_MAX || this.numbers.size >= ERRORS_MAX) {
      return { block: undefined, preview: previewOf(value) };
    }
    const number = this.numbers.size;
    this.numbers.set(value, number);
    this.errors[number] = this.error(value, depth);
    return { error: number };
  }

  private error(error: object, depth: number): ThrownError {
    const name = errorClassOf(error);
    const exception = name === "DOMException" ? partsOfDomException(error) : undefined;
    const errors = attempt(() => (error as { errors?: unknown }).errors);
    const hasErrors = name === "AggregateError" && Array.isArray(errors);
    const hasCause = attempt(() => "cause" in error) === true;
    const cause = hasCause ? attempt(() => (error as Error).cause) : undefined;
    return {
      class: name,
      name: exception?.name ?? textOf(() => (error as Error).name, name),
      message: cutText(exception?.message ?? textOf(() => (error as Error).message, "")),
      stack: stackOf(error),
      cause: hasCause ? this.part(cause, depth + 1) : undefined,
      errors: hasErrors
        ? errors.slice(0, ERRORS_MAX).map((each) => this.part(each, depth + 1))
        : undefined,
      fields: this.fields(error, depth, hasErrors ? [...described, "errors"] : described),
    };
  }

  private fields(error: object, depth: number, known: readonly string[]): ThrownError["fields"] {
    const keys = attempt(() => Object.getOwnPropertyNames(error)) ?? [];
    return keys
      .filter((key) => !known.includes(key))
      .slice(0, FIELDS_MAX)
      .map((key) => {
        const field = attempt(() => Object.getOwnPropertyDescriptor(error, key));
        const isData = field !== undefined && "value" in field;
        return {
          key: cutText(key),
          isEnumerable: field?.enumerable === true,
          value: isData
            ? this.part(field.value, depth + 1)
            : { block: undefined, preview: "a getter" },
        };
      });
  }
}

/** Properties of every error that are no fields of its own. */
const described: readonly string[] = ["stack", "message", "cause"];

/** Whether something is an error inside, or inherits from one; no Proxy is touched. */
function isErrorLike(value: object): boolean {
  for (
    let at: object | null = value;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    if (types.isProxy(at)) return false;
    if (types.isNativeError(at) || at === Error.prototype) return true;
  }
  return partsOfDomException(value) !== undefined;
}

function stackOf(error: object): string | undefined {
  const stack = attempt(() => (error as Error).stack);
  return typeof stack === "string" ? cutText(stack) : undefined;
}

function textOf(read: () => unknown, otherwise: string): string {
  const value = attempt(read);
  return typeof value === "string" ? cutText(value) : otherwise;
}

/** Header and buffers of a value that is small and can travel. */
function blockOf(value: unknown, bytesMax = FIELD_BYTES_MAX): readonly Uint8Array[] | undefined {
  const block = attempt(() => encodeValue(value));
  if (block === undefined) return undefined;
  const parts = [block.header, ...block.buffers];
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  // A copy: what was thrown belongs to whoever threw it, and may change.
  return bytes > bytesMax ? undefined : parts.map((part) => Uint8Array.from(part));
}
