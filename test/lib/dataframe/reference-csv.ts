/** How a text is to be read; each character is one byte. */
export interface ReferenceDialect {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly escape: string | null;
  readonly comment: string | null;
  readonly trim: boolean;
}

/** A field: its text, whether it was quoted, whether text followed its closing quote. */
export interface ReferenceField {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly isBad: boolean;
}

/** A row, and the place where it begins; `isOpen` where a quote in it has no end. */
export interface ReferenceRow {
  readonly start: number;
  readonly isOpen: boolean;
  readonly fields: readonly ReferenceField[];
}

/** The rows of a text, a character at a time. `isNarrow`: the file has one column. */
export function referenceRows(
  text: string,
  dialect: ReferenceDialect,
  isNarrow: boolean,
): ReferenceRow[] {
  const rows: ReferenceRow[] = [];
  for (let start = 0; start < text.length;) {
    const line = /^[^\n]*\n?/.exec(text.slice(start))?.[0] ?? "";
    const isComment = dialect.comment !== null && line.startsWith(dialect.comment);
    if (isComment || (!isNarrow && /^\r?\n?$/.test(line))) {
      start += line.length;
      continue;
    }
    const { row, end } = referenceRow(text, start, dialect);
    rows.push(row);
    start = end;
  }
  return rows;
}

function referenceRow(
  text: string,
  start: number,
  dialect: ReferenceDialect,
): { row: ReferenceRow; end: number } {
  const fields: ReferenceField[] = [];
  for (let at = start; ;) {
    const { end, isOpen, ...field } = referenceField(text, at, dialect);
    fields.push(field);
    if (isOpen || text[end] !== dialect.delimiter) {
      return { row: { start, isOpen, fields }, end: end + 1 };
    }
    at = end + 1;
  }
}

function referenceField(
  text: string,
  from: number,
  { delimiter, quote, escape, trim }: ReferenceDialect,
): ReferenceField & { end: number; isOpen: boolean } {
  let at = from;
  const isBlank = (char: string | undefined): boolean => char === " " || char === "\t";
  const isEnd = (): boolean => at >= text.length || text[at] === delimiter || text[at] === "\n";
  if (trim) while (isBlank(text[at])) at++;
  if (text[at] !== quote) {
    let content = "";
    while (!isEnd()) content += text[at++];
    if (text[at] !== delimiter) content = content.replace(/\r$/, "");
    if (trim) content = content.replace(/[ \t]+$/, "");
    return { text: content, isQuoted: false, isBad: false, end: at, isOpen: false };
  }
  let content = "";
  for (at++; ; at++) {
    if (at >= text.length) return { text: "", isQuoted: true, isBad: true, end: at, isOpen: true };
    const isEscape = text[at] === escape && (escape !== quote || text[at + 1] === quote);
    if (isEscape) at++;
    else if (text[at] === quote) break;
    content += text[at] ?? "";
  }
  at++;
  let rest = "";
  while (!isEnd()) rest += text[at++];
  if (text[at] !== delimiter) rest = rest.replace(/\r$/, "");
  if (trim) rest = rest.replace(/^[ \t]+/, "");
  return { text: content, isQuoted: true, isBad: rest !== "", end: at, isOpen: false };
}
