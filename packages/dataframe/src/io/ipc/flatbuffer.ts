/**
 * Tables of FlatBuffers (https://flatbuffers.dev/internals): fields by number, absent ones have a
 * default. Reading outside of the bytes throws a RangeError.
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #slots: number;
  readonly #slotsEnd: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#slots = at - view.getInt32(at, true);
    this.#slotsEnd = this.#slots + view.getUint16(this.#slots, true);
  }

  /** The table that some bytes begin with. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  byte(field: number, absent = 0): number {
    const at = this.#find(field);
    return at === 0 ? absent : this.#view.getUint8(at);
  }

  short(field: number, absent = 0): number {
    const at = this.#find(field);
    return at === 0 ? absent : this.#view.getInt16(at, true);
  }

  int(field: number, absent = 0): number {
    const at = this.#find(field);
    return at === 0 ? absent : this.#view.getInt32(at, true);
  }

  long(field: number): number {
    const at = this.#find(field);
    return at === 0 ? 0 : Number(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#find(field);
    return at === 0 ? undefined : new FlatTable(this.#view, this.#follow(at));
  }

  text(field: number): string | undefined {
    const at = this.#find(field);
    if (at === 0) return undefined;
    const start = this.#follow(at);
    const length = this.#view.getUint32(start, true);
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + start + 4, length));
  }

  tables(field: number): readonly FlatTable[] {
    return this.#items(field, 4, (at) => new FlatTable(this.#view, this.#follow(at)));
  }

  /** Structs of whole numbers of 64 bits, `words` of them each. */
  longs(field: number, words: number): readonly (readonly number[])[] {
    return this.#items(field, 8 * words, (at) =>
      Array.from({ length: words }, (_, i) => Number(this.#view.getBigInt64(at + 8 * i, true))),
    );
  }

  #items<T>(field: number, size: number, read: (at: number) => T): readonly T[] {
    const at = this.#find(field);
    if (at === 0) return [];
    const start = this.#follow(at);
    const length = this.#view.getUint32(start, true);
    if (length * size > this.#view.byteLength) throw new RangeError("a vector ends too early");
    return Array.from({ length }, (_, i) => read(start + 4 + i * size));
  }

  #find(field: number): number {
    const slot = this.#slots + 4 + 2 * field;
    if (slot + 2 > this.#slotsEnd) return 0;
    const offset = this.#view.getUint16(slot, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }
}
