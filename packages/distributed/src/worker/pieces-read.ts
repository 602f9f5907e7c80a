import type { Arg } from "@millrace/graph";
import type { ShippedProgram } from "../messages/shipped.ts";

/** Where the number of a piece comes from. */
export type PieceSource =
  | { readonly kind: "constant"; readonly constant: number }
  | { readonly kind: "literal"; readonly piece: number };

/**
 * The inputs of which a program reads one piece of each member alone, and which piece: a worker
 * then fetches nothing else of them.
 */
export function piecesRead({ steps }: ShippedProgram): ReadonlyMap<number, PieceSource> {
  const found = new Map<number, PieceSource | "whole">();
  for (const { args } of steps) for (const arg of args) visit(arg, found);
  return new Map(
    [...found].filter((entry): entry is [number, PieceSource] => entry[1] !== "whole"),
  );
}

function visit(arg: Arg, found: Map<number, PieceSource | "whole">): void {
  switch (arg.kind) {
    case "pieces": {
      const source = sourceOf(arg.piece);
      if (arg.of.kind === "input" && source !== undefined) note(arg.of.input, source, found);
      else visit(arg.of, found);
      visit(arg.piece, found);
      return;
    }
    case "input":
      found.set(arg.input, "whole");
      return;
    case "inputs":
      for (let n = 0; n < arg.count; n++) found.set(arg.start + n, "whole");
      return;
    case "array":
    case "set":
      for (const item of arg.items) visit(item, found);
      return;
    case "object":
      for (const [, item] of arg.entries) visit(item, found);
      return;
    case "map":
      for (const [key, item] of arg.entries) {
        visit(key, found);
        visit(item, found);
      }
      return;
    case "literal":
    case "constant":
    case "step":
      return;
  }
}

function sourceOf(piece: Arg): PieceSource | undefined {
  if (piece.kind === "constant") return { kind: "constant", constant: piece.constant };
  return piece.kind === "literal" && typeof piece.value === "number"
    ? { kind: "literal", piece: piece.value }
    : undefined;
}

function note(input: number, source: PieceSource, found: Map<number, PieceSource | "whole">): void {
  const known = found.get(input);
  const isSame = known === undefined || JSON.stringify(known) === JSON.stringify(source);
  found.set(input, isSame ? source : "whole");
}
