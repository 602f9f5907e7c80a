import type { FailedStep } from "@millrace/graph/tasks";
import { errorClassFor, registerErrors, taskFault } from "@millrace/graph/tasks";
import {
  ActorLostError,
  ConfigError,
  DistributedError,
  KilledWorkerError,
  SchedulerLostError,
  SerializationError,
  VersionMismatchError,
} from "../../errors.ts";
import { attempt } from "./attempt.ts";
import type { Block } from "../block.ts";
import { corrupt } from "../value/corrupt.ts";
import { decodeValue } from "../decode-value.ts";
import { makeError, setStack } from "../value/error-object.ts";
import type { Failure, ThrownError, ThrownPart } from "./encode-failure.ts";

registerErrors("distributed", {
  ActorLostError,
  DistributedError,
  SerializationError,
  ConfigError,
  KilledWorkerError,
  SchedulerLostError,
  VersionMismatchError,
});

/**
 * What was thrown, of a block that `encodeFailure` made: an error of the same class of the
 * language, or of one that was registered with `registerErrors`, with name, message, stack of where
 * it was thrown, causes and fields; or the value, where no error was thrown. A class of a user's
 * becomes the nearest one of the language, with its name.
 *
 * @throws DistributedError `distributed/corrupt-block` for any other block
 */
export function decodeFailure(block: Block): unknown {
  const failure = decodeValue(block);
  try {
    const { thrown, errors, isFault } = failure as Failure;
    const made = errors.map(emptyError);
    errors.forEach((description, i) => fill(made[i] as Error, description, made));
    const value = thrownOf(thrown, made);
    return isFault && value instanceof Error ? taskFault(value) : value;
  } catch (error) {
    throw corrupt("it is no failure", error);
  }
}

/** Which call of its task threw, where that is known and can be read. */
export function failedStepOf(block: Block): FailedStep | undefined {
  return attempt(() => {
    const { step } = decodeValue(block) as Failure;
    const { name, number, count } = step as FailedStep;
    const isStep = typeof name === "string" && Number.isInteger(number) && Number.isInteger(count);
    return isStep ? step : undefined;
  });
}

function emptyError(description: ThrownError): Error {
  const { class: className, name, message } = description;
  const error = makeError(className, text(name), text(message));
  if (error === undefined) throw corrupt("there is no such class of errors");
  return error;
}

function fill(error: Error, description: ThrownError, made: readonly Error[]): void {
  const { name, stack, cause, errors, fields } = description;
  setStack(error, stack);
  if (cause !== undefined) define(error, "cause", partOf(cause, made), false);
  if (errors !== undefined) {
    const parts = errors.map((each) => partOf(each, made));
    define(error, "errors", parts, false);
  }
  if (error.name !== name) define(error, "name", name, false);
  for (const { key, isEnumerable, value } of fields) {
    define(error, text(key), partOf(value, made), isEnumerable);
  }
  const Class = errorClassFor(error.name, (error as { code?: unknown }).code);
  if (Class !== undefined) Object.setPrototypeOf(error, Class.prototype as object);
}

/** What was thrown is an error in any case that can be told from a value. */
function thrownOf(part: ThrownPart, made: readonly Error[]): unknown {
  if ("error" in part) return made[part.error];
  const value = valueOf(part.block);
  if (value !== undefined) return value.value;
  const error = new Error(`a value was thrown that cannot travel: ${text(part.preview)}`);
  setStack(error, `${error.name}: ${error.message}`);
  return error;
}

function partOf(part: ThrownPart, made: readonly Error[]): unknown {
  if ("error" in part) return made[part.error];
  const value = valueOf(part.block);
  return value === undefined ? text(part.preview) : value.value;
}

/** The value in a part; undefined where it did not travel, or this thread cannot read it. */
function valueOf(parts: readonly Uint8Array[] | undefined): { value: unknown } | undefined {
  const [header, ...buffers] = parts ?? [];
  // A codec that is not known here is no reason to hide what went wrong.
  return header && attempt(() => ({ value: decodeValue({ header, buffers }) }));
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

function text(value: unknown): string {
  if (typeof value !== "string") throw corrupt("a text is none");
  return value;
}
