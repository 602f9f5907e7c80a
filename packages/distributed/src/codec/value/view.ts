import { Serializer } from "node:v8";
import { types } from "node:util";
import { writeAdorned } from "./adorned.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { isDetached, refuseDetached } from "./detached.ts";
import { LOOPED_MAX } from "./byte-writer.ts";
import type { Encoder } from "./encoder.ts";
import { BUFFER_BYTES_MIN, Tag } from "./format.ts";
import type { CopyView } from "./memory-reader.ts";
import { isResizable } from "./memory-writer.ts";
import { extraKeysOfView } from "./only-items.ts";

/** A class whose instances look at memory. */
interface ViewClass {
  /** The class of its instances by what they are inside: a Buffer is a Uint8Array. */
  readonly kind: string;
  readonly prototype: object;
  readonly width: number;
  readonly make: (memory: ArrayBufferLike, offset: number, length?: number) => ArrayBufferView;
  /** Makes an instance with memory of its own; undefined for DataView, which is nothing without. */
  readonly copy: CopyView | undefined;
}

/** Bytes of a header are seldom in line for elements of many bytes, so they pass through here. */
const passage = new Uint8Array(BUFFER_BYTES_MIN);

/** By code: the order never changes, new ones are added at the end. */
const viewClasses: readonly (ViewClass | undefined)[] = [
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Buffer",
  "Float16Array",
].map(viewClass);

const codes = new Map(viewClasses.map((known, code) => [known?.prototype, code]));

type ViewConstructor = (new (
  memory: ArrayBufferLike,
  offset: number,
  length?: number,
) => ArrayBufferView) & { readonly prototype: object; readonly BYTES_PER_ELEMENT?: number };

/** A class by its name; undefined where this version of Node does not have it. */
function viewClass(name: string): ViewClass | undefined {
  const View = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name];
  if (View === undefined) return undefined;
  const { prototype, BYTES_PER_ELEMENT: width = 1 } = View;
  if (name === "Buffer") {
    const make: ViewClass["make"] = (memory, offset, length) =>
      Buffer.from(memory as ArrayBuffer, offset, length);
    return { kind: "Uint8Array", prototype, width: 1, make, copy: copyBuffer };
  }
  return {
    kind: name,
    prototype,
    width,
    make: (memory, offset, length) => new View(memory, offset, length),
    copy: name === "DataView" ? undefined : copierOf(View, width),
  };
}

function copyBuffer(bytes: Uint8Array, at: number, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes.subarray(at, at + length));
  return copy;
}

function copierOf(View: ViewConstructor, width: number): CopyView {
  const elements = new View(passage.buffer, 0) as Uint8Array;
  return (bytes, at, length) => {
    if (length > passage.length) {
      const memory = new Uint8Array(length);
      memory.set(bytes.subarray(at, at + length));
      return new View(memory.buffer, 0);
    }
    if (length > LOOPED_MAX) passage.set(bytes.subarray(at, at + length));
    else for (let i = 0; i < length; i++) passage[i] = bytes[at + i] as number;
    return elements.slice(0, length / width);
  };
}

/** A typed array, DataView or Buffer of exactly that class; false where it is of another one. */
export function writeView(encoder: Encoder, view: ArrayBufferView): boolean {
  const code = codes.get(Object.getPrototypeOf(view) as object);
  const known = code === undefined ? undefined : viewClasses[code];
  if (code === undefined || known?.kind !== kindOf(view)) return false;
  if (isOutOfBounds(view)) {
    encoder.refuseBecause(
      view,
      "a view whose memory has become too short for it",
      "Return a copy of the part that is left.",
    );
  }
  writeAdorned(encoder, view, extraKeysOfView(view, known.make), () => {
    writePlace(encoder, view, code);
  });
  return true;
}

/** A view without a look at its properties, as for the columns of Arrow. */
export function writePlainView(encoder: Encoder, view: ArrayBufferView): void {
  const own = codes.get(Object.getPrototypeOf(view) as object);
  writePlace(encoder, view, own ?? viewClasses.findIndex((known) => known?.kind === kindOf(view)));
}

function writePlace(encoder: Encoder, view: ArrayBufferView, code: number): void {
  const { buffer: memory, byteOffset, byteLength } = view;
  if (isDetached(memory)) refuseDetached(encoder, view);
  const width = viewClasses[code]?.width ?? 1;
  const { out } = encoder;
  out.byte(Tag.view);
  out.byte(code);
  out.natural(encoder.memory.show(memory, byteOffset, byteOffset + byteLength, width));
  out.natural(byteOffset);
  const isTracking = isResizable(memory) && isLengthTracking(view);
  out.natural(isTracking ? 0 : byteLength / width + 1);
}

/** Reads what follows {@link Tag.view}, without giving it a number. */
export function readView(decoder: Decoder): ArrayBufferView {
  const { input, memory } = decoder;
  const known = viewClasses[input.byte()];
  if (known === undefined) throw corrupt("this version of Node has no such kind of view");
  const id = input.natural();
  const offset = input.natural();
  const length = input.natural() - 1;
  if (length < 0) {
    if (!memory.isResizable(id)) throw corrupt("a view has no length");
    const place = memory.place(id, offset, 0);
    return known.make(place.memory, place.offset);
  }
  const bytes = length * known.width;
  const alone = known.copy && memory.alone(id, offset, bytes, known.copy);
  if (alone !== undefined) return alone;
  const place = memory.place(id, offset, bytes);
  return known.make(place.memory, place.offset, length);
}

/** A DataView says so when it is asked; a typed array is empty then, and travels as that. */
function isOutOfBounds(view: ArrayBufferView): boolean {
  if (!types.isDataView(view) || !isResizable(view.buffer)) return false;
  try {
    return view.byteLength < 0;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
);

/** The class of a view by what it is inside, whatever its prototype says. */
function kindOf(view: ArrayBufferView): string {
  return types.isDataView(view) ? "DataView" : String(typedArrayTag?.get?.call(view));
}

/** The bit of a view's flags that says it has no length of its own. */
const TRACKING = 1;

/**
 * Whether a view was made without a length, so that it grows with its resizable memory. Nothing of
 * the language tells, short of resizing the memory; V8's own format does, in its last byte.
 */
function isLengthTracking(view: ArrayBufferView): boolean {
  const serializer = new MemorylessSerializer();
  // Named as transferred, the memory is written as a number instead of its bytes.
  if (view.buffer instanceof ArrayBuffer) serializer.transferArrayBuffer(0, view.buffer);
  serializer.writeValue(view);
  return ((serializer.releaseBuffer().at(-1) ?? 0) & TRACKING) !== 0;
}

class MemorylessSerializer extends Serializer {
  /** Called by V8 for a SharedArrayBuffer. */
  _getSharedArrayBufferId(): number {
    return 0;
  }
}
