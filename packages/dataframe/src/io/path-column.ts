import type { Column } from "../column.ts";
import { makeColumn } from "../column.ts";
import { utf8 } from "../dtype.ts";

/** A text column that says of each row which file it comes from. */
export function pathColumn(files: readonly { url: string; rows: number }[]): Column {
  const used = files.filter(({ rows }) => rows > 0);
  const rows = used.reduce((sum, file) => sum + file.rows, 0);
  const values = new Int32Array(rows);
  let at = 0;
  used.forEach((file, code) => values.fill(code, at, (at += file.rows)));
  const texts = used.map(({ url }) => Buffer.from(url));
  const offsets = new Int32Array(used.length + 1);
  texts.forEach((text, i) => (offsets[i + 1] = (offsets[i] as number) + text.length));
  const dictionary = makeColumn(utf8, used.length, {
    values: new Uint8Array(Buffer.concat(texts)),
    offsets,
  });
  return makeColumn(utf8, rows, { values, dictionary });
}
