import type { Field } from "../dtype.ts";
import { columnNode } from "../expr/typed.ts";
import type { Output } from "../stage/stage.ts";
import { checkDistinct, checkExpressions, checkNames } from "./check.ts";
import { intern } from "./intern.ts";
import { renamedLayout } from "./layout.ts";
import type { PlanNode, ProjectNode } from "./node.ts";

/** Columns made of those of the input; also chooses, drops, renames and casts. */
export function project(input: PlanNode, outputs: readonly Output[], api = "select"): ProjectNode {
  const names = outputs.map(({ name }) => name);
  const values = outputs.map(({ value }) => value);
  checkDistinct(api, names);
  checkExpressions(api, input.fields, values);
  // As one text, since a frame may have a thousand columns.
  const content = JSON.stringify([names, values.map(({ token }) => token)]);
  return intern(["project", input.token, content], (token) => {
    const fields = outputs.map(({ name, value }) => ({ name, dtype: value.dtype }));
    const layout = renamedLayout(input.layout, plainNames(outputs));
    return { kind: "project", input, outputs, fields, layout, token };
  });
}

/** The new name of each column that comes out as it went in, the first where there are several. */
function plainNames(outputs: readonly Output[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, value } of outputs) {
    if (value.kind === "column" && !names.has(value.name)) names.set(value.name, name);
  }
  return names;
}

/** Some columns as they are, in the order given; the input itself when that is what it has. */
export function choose(input: PlanNode, names: readonly string[], api = "select"): PlanNode {
  const { fields } = input;
  const same = names.length === fields.length && names.every((name, i) => name === fields[i]?.name);
  return same ? input : project(input, keepingAll(checkNames(api, fields, names)), api);
}

/** Outputs that give columns as they are. */
export function keepingAll(fields: readonly Field[]): readonly Output[] {
  return fields.map(({ name, dtype }) => ({ name, value: columnNode(name, dtype) }));
}
