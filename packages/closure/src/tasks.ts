// The part of this package that code needs which runs in tasks: threads load no more, so that they
// are there soon. The names are those of the whole.
export { codecFor, codecNamed, registerCodec } from "./codecs.ts";
export type { Codec } from "./codecs.ts";
export { declareExports } from "./declared-exports.ts";
export { CaptureError } from "./errors.ts";
export { importCodec } from "./import-codec.ts";
export type { AnyFunction } from "./inspector.ts";
export { revive } from "./revive.ts";
