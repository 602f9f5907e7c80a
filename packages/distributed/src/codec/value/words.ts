import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { BUFFER_BYTES_MIN, Items } from "./format.ts";
import { roomFor } from "./room.ts";
import { readTexts, writeTexts } from "./text.ts";

/** Texts from which it pays to look for repetition. */
const TEXTS_MIN = 128;

/** Different texts that are kept apart; a number of one fits in a byte. */
const WORDS_MAX = 256;

/** Texts that are looked at first: where nearly all of them differ, the others will too. */
const SAMPLE = 32;
const SAMPLE_WORDS_MAX = 28;

/**
 * Texts that repeat, such as names of cities: each word once, then its number for every text.
 * Reading makes each word once. False, with nothing written, where there are too many words.
 */
export function writeWords(encoder: Encoder, texts: readonly string[]): boolean {
  if (texts.length < TEXTS_MIN) return false;
  const words = new Map<string, number>();
  const numbers = new Uint8Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    let number = words.get(text);
    if (number === undefined) {
      number = words.size;
      if (number >= (i < SAMPLE ? SAMPLE_WORDS_MAX : WORDS_MAX)) return false;
      words.set(text, number);
    }
    numbers[i] = number;
  }
  const { out } = encoder;
  out.byte(Items.words);
  out.natural(texts.length);
  if (numbers.length < BUFFER_BYTES_MIN) {
    out.natural(0);
    out.raw(numbers);
  } else {
    const memory = encoder.allocate(numbers.length);
    memory.set(numbers);
    out.natural(encoder.addBuffer(memory) + 1);
  }
  out.natural(words.size);
  writeTexts(encoder, [...words.keys()]);
  return true;
}

/** Reads what follows {@link Items.words}. */
export function readWords(decoder: Decoder, count: number): string[] {
  const { input } = decoder;
  const mark = input.natural();
  const numbers = mark === 0 ? input.raw(count) : decoder.buffer(mark - 1);
  if (numbers.length !== count) throw corrupt("a column has another length");
  const words = readTexts(decoder, input.count());
  const texts = roomFor(count) as string[];
  for (let i = 0; i < count; i++) {
    const word = words[numbers[i] as number];
    if (word === undefined) throw corrupt("there is no word of a number");
    texts[i] = word;
  }
  return texts;
}
