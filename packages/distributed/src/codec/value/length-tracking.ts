import { Serializer } from "node:v8";

/** The bit of a view's flags that says it has no length of its own. */
const TRACKING = 1;

/**
 * Whether a view was made without a length, so that it grows with its resizable memory. Nothing of
 * the language tells, short of resizing the memory; V8's own format does, in its last byte.
 */
export function isLengthTracking(view: ArrayBufferView): boolean {
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
