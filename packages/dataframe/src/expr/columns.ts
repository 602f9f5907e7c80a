import type { DType, Field, Schema } from "../dtype.ts";
import type { Expr } from "./expr.ts";
import { make } from "./expr.ts";
import type { ExprOf } from "./result-type.ts";
import { unknownColumn } from "./unknown-column.ts";

/** The columns of a frame, as callbacks get them: `c.delay`, `c["a b"]`. */
export type Columns<S extends Schema> = { readonly [K in keyof S]: ExprOf<S[K]> };

/** The columns of a frame for a callback of a verb; a name that it does not have is an error. */
export function columnsFor<S extends Schema>(api: string, fields: readonly Field[]): Columns<S> {
  // Without prototype, so that "constructor" and "__proto__" are names like all others.
  const columns = Object.create(null) as Record<string, Expr<DType>>;
  for (const { name } of fields) columns[name] = make({ kind: "column", name });
  const proxy = new Proxy(Object.freeze(columns), {
    get(target, name) {
      // Whoever prints a value asks for symbols; no column has such a name.
      if (typeof name === "symbol") return undefined;
      const column = target[name];
      if (column !== undefined) return column;
      throw unknownColumn(
        api,
        name,
        fields.map((field) => field.name),
      );
    },
  });
  return proxy as unknown as Columns<S>;
}
