import { codecNamed, importCodec } from "@millrace/closure/tasks";
import { isArrowLoaded, loadArrow } from "./arrow/arrow-module.ts";
import type { Block } from "./block.ts";
import { isCut, restOfCut } from "./cut-block.ts";
import { unknownCodec } from "./value/codec-value.ts";
import { corrupt } from "./value/corrupt.ts";
import { Decoder } from "./value/decoder.ts";
import { Flag, FORMAT_VERSION, Need } from "./value/format.ts";
import type { NeededModule } from "./value/needs.ts";
import { isInPieces, pieceCount, sliceBlock } from "./pieces.ts";

/**
 * What to await before `decodeValue`: the import of Apache Arrow, or of the modules that register
 * codecs. Undefined, at the cost of looking at one byte, when there is nothing to wait for.
 *
 * Modules named by a block are imported, so their top level runs: packages, as the working
 * directory finds them, and files. Only blocks of peers that may run code here are to be prepared.
 *
 * The promise rejects with `distributed/unknown-codec` when a module does not register its codec,
 * and with what the import throws.
 */
export function preparationFor(block: Block): Promise<void> | undefined {
  if (!hasFlag(block, Flag.modules)) return undefined;
  const missing = neededBy(block).filter((need) => !isThere(need));
  return missing.length === 0 ? undefined : importAll(missing);
}

/** Whether a block holds functions by number, so that decoding it takes the option `functions`. */
export function hasFunctions(block: Block): boolean {
  return hasFlag(block, Flag.functions);
}

function hasFlag({ header }: Block, flag: number): boolean {
  return header[0] === FORMAT_VERSION && ((header[1] ?? 0) & flag) !== 0;
}

function neededBy(block: Block): readonly NeededModule[] {
  if (isCut(block)) return neededBy(restOfCut(block));
  if (!isInPieces(block)) {
    const { header, buffers } = block;
    return new Decoder(header, 0, header.length, buffers, {}).needs();
  }
  return Array.from({ length: pieceCount(block) }, (_, j) => sliceBlock(block, j))
    .filter((piece) => hasFlag(piece, Flag.modules))
    .flatMap(neededBy);
}

function isThere({ kind, name }: NeededModule): boolean {
  return kind === Need.arrow ? isArrowLoaded() : codecNamed(name) !== undefined;
}

async function importAll(needs: readonly NeededModule[]): Promise<void> {
  for (const { kind, name, module } of needs) {
    if (kind === Need.arrow) await loadArrow();
    else {
      // A text of code is no module of anyone's, and neither is a place on the network.
      if (/^(?!file:|node:)[a-z][a-z0-9+.-]*:/i.test(module) || /^\.{0,2}\//.test(module)) {
        throw corrupt(`the module of a codec is ${JSON.stringify(module.slice(0, 80))}`);
      }
      if ((await importCodec(name, module)) === undefined) throw unknownCodec(name);
    }
  }
}
