/** Where the record of a block is in its file, and its CRC-32. */
export interface RecordPlace {
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** The record places of spilled blocks by entry, as columns: 20 bytes a block. */
export class RecordPlaces {
  #offsets = new Float64Array(64);
  #lengths = new Float64Array(64);
  #checksums = new Uint32Array(64);

  get(entry: number): RecordPlace {
    return {
      offset: this.#offsets[entry]!,
      length: this.#lengths[entry]!,
      checksum: this.#checksums[entry]!,
    };
  }

  set(entry: number, { offset, length, checksum }: RecordPlace): void {
    if (entry >= this.#offsets.length) this.#grow(entry + 1);
    this.#offsets[entry] = offset;
    this.#lengths[entry] = length;
    this.#checksums[entry] = checksum;
  }

  #grow(size: number): void {
    const capacity = 2 ** Math.ceil(Math.log2(size));
    const [offsets, lengths, checksums] = [this.#offsets, this.#lengths, this.#checksums];
    this.#offsets = new Float64Array(capacity);
    this.#lengths = new Float64Array(capacity);
    this.#checksums = new Uint32Array(capacity);
    this.#offsets.set(offsets);
    this.#lengths.set(lengths);
    this.#checksums.set(checksums);
  }
}
