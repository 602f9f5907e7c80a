import type { FunctionName } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { Block } from "../block.ts";
import { ByteWriter } from "../value/byte-writer.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { checkedRead, readDescription, writeDescription } from "./description.ts";
import { Form } from "./format.ts";
import { PLAN_COLUMNS, PlanReader } from "./plan-reader.ts";
import { PlanWriter } from "./plan-writer.ts";
import { readProgram } from "./read-program.ts";
import { ValuesReader, checkPlain } from "./values-reader.ts";
import { ValuesWriter, isPlainValue } from "./values-writer.ts";
import { writeProgram } from "./write-program.ts";

const itself = (name: FunctionName): FunctionName => name;
const nothing = new ByteWriter(0);

/** The programs of a message to a worker as bytes; see `encodeGraph`. */
export function encodePrograms(programs: readonly ProgramDefinition[]): Block {
  const plan = new PlanWriter();
  plan.natural(programs.length);
  for (const { program, spec } of programs) {
    plan.natural(program);
    writeProgram(plan, spec, itself);
  }
  const { objects, parts } = plan.values;
  return writeDescription(Form.programs, plan.columns(), objects, plan.code, parts);
}

/**
 * The programs of a block that `encodePrograms` made, from anybody; see `decodeGraph`.
 *
 * @throws DistributedError `distributed/corrupt-frame`
 */
export function decodePrograms(block: Block): readonly ProgramDefinition[] {
  return checkedRead(() => {
    const description = readDescription(block, Form.programs);
    if (description.columns.length > PLAN_COLUMNS) throw corruptGraph("columns that nobody reads");
    const plan = new PlanReader(description);
    const programs = Array.from({ length: plan.count() }, () => ({
      program: plan.natural(),
      spec: readProgram(plan, itself),
    }));
    plan.finish();
    return programs;
  });
}

/** The constants of a message to a worker as bytes: plain values alone are a column of a few. */
export function encodeConstants(constants: readonly unknown[]): Block {
  if (arePlain(constants)) {
    return writeDescription(Form.plainValues, [...constants], nothing, undefined, []);
  }
  const values = new ValuesWriter();
  for (const constant of constants) values.add(constant);
  const { isObject, tokens, functions, objects, parts } = values;
  const columns = [values.values, isObject, tokens, functions];
  return writeDescription(Form.values, columns, objects, undefined, parts);
}

/** A loop, for most often there are many numbers and little time. */
function arePlain(constants: readonly unknown[]): boolean {
  for (let i = 0; i < constants.length; i++) {
    const constant = constants[i];
    if (typeof constant !== "number" && !isPlainValue(constant)) return false;
  }
  return true;
}

/**
 * The constants of a block that `encodeConstants` made, from anybody; see `decodeGraph`.
 *
 * @throws DistributedError `distributed/corrupt-frame`
 */
export function decodeConstants(block: Block): readonly unknown[] {
  return checkedRead(() => {
    const form = block.header[0] === Form.plainValues ? Form.plainValues : Form.values;
    const { columns, objects, code, parts } = readDescription(block, form);
    if (code.at < code.end) throw corruptGraph("numbers that nobody reads");
    if (form === Form.values) {
      const values = new ValuesReader(columns, objects, parts);
      return values.take(values.left);
    }
    if (objects.at < objects.end || parts.length > 0) throw corruptGraph("objects in no place");
    return checkPlain(columns);
  });
}
