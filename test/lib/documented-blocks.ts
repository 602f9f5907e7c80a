import { filesUnder, markdownFiles, packageFolders, read } from "./workspace.ts";

/** A ```ts block of a page or of a documentation comment, before anything is done to it. */
export type Block = {
  /** `file:line` of the fence, which is the name of its test. */
  readonly name: string;
  /** Blocks of one group share a process: a page, or all the comments of a package. */
  readonly group: string;
  readonly file: string;
  /** The line of the opening fence; line n of the code is line `line + n` of the file. */
  readonly line: number;
  readonly code: string;
  /** Why the block is not run; empty when the mark gives no reason; undefined when it is run. */
  readonly noRun: string | undefined;
  /** The rest of the opening fence, for instance `ts no-run: needs a cluster`. */
  readonly info: string;
};

/** Every block of code in TypeScript or JavaScript that a reader of the documentation sees. */
export function documentedBlocks(): Block[] {
  const pages = markdownFiles().filter((path) =>
    /^(README\.md|docs\/|packages\/[^/]+\/)/.test(path),
  );
  const sources = packageFolders().flatMap((folder) =>
    filesUnder(`packages/${folder}/src`, [".ts"]),
  );
  return [
    ...pages.flatMap((page) => blocksOf(page, page, read(page).split("\n"))),
    ...sources.flatMap((file) =>
      blocksOf(file, `packages/${file.split("/")[1]}`, commentLines(file)),
    ),
  ];
}

/** The lines of a source file with everything but documentation comments blanked out. */
function commentLines(file: string): string[] {
  let inside = false;
  return read(file)
    .split("\n")
    .map((line) => {
      if (!inside && /^\s*\/\*\*/.test(line)) inside = !line.includes("*/");
      else if (inside && line.includes("*/")) inside = false;
      else if (inside) return line.replace(/^\s*\*( |$)/, "");
      return "";
    });
}

function blocksOf(file: string, group: string, lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let open: { mark: string; line: number; info: string; code: string[] } | undefined;
  for (const [index, text] of lines.entries()) {
    const [, mark, info = ""] = /^\s*(`{3,})(.*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (mark !== undefined) open = { mark, line: index + 1, info: info.trim(), code: [] };
    } else if (mark === open.mark && info.trim() === "") {
      blocks.push(block(file, group, open.line, open.info, open.code.join("\n")));
      open = undefined;
    } else open.code.push(text);
  }
  if (open !== undefined)
    throw new Error(`${file}:${open.line}: this block of code is never closed`);
  return blocks.filter(({ info }) => /^(ts|typescript|js|javascript|mjs|mts|tsx|jsx)\b/.test(info));
}

function block(file: string, group: string, line: number, info: string, code: string): Block {
  const mark = /\bno-run\b:?\s*(.*)$/.exec(info);
  return { name: `${file}:${line}`, group, file, line, info, code, noRun: mark?.[1] };
}
