import type { CanonicalOptions } from "./content-pieces.ts";
import { ContentPieces, isObject } from "./content-pieces.ts";
import { DigestWriter, digest } from "./digest.ts";

/**
 * A text in which different content is written differently; equal content gives the same text
 * anywhere. Cost: one visit an object, in memory what the open objects take; no recursion.
 */
export function canonicalText(value: unknown, options: CanonicalOptions): string {
  return new Canonical(options).of(value);
}

/** Labels that may be worked out to tell the objects of one cycle apart: about a second's work. */
const labelsMax = 200_000;
/** But so many for each of its objects in any case: most cycles take three. */
const roundsMin = 20;

/** An object whose text is being written. */
interface Frame {
  readonly value: object;
  /** How many objects were entered before it. */
  readonly number: number;
  /** The earliest open object that it leads to. */
  low: number;
  readonly pieces: Iterator<string | object>;
  readonly text: DigestWriter;
}

/**
 * Writes objects once each, however often they are shared. Objects on a cycle cannot be written
 * before each other; they are found as strongly connected components (Tarjan 1972) and told apart
 * by refining: each gets a label of its content with the labels of the round before in it, until
 * no more labels appear.
 */
class Canonical {
  readonly #pieces: ContentPieces;
  /** Texts of the objects that are done. */
  readonly #known = new Map<object, string>();
  /**
   * Objects that are not done, as they were entered; an object is in `known` or here, never in
   * both.
   */
  readonly #open: object[] = [];
  readonly #entered = new Map<object, number>();
  /** Open objects that were met again. */
  readonly #revisited = new Set<object>();
  #enteredCount = 0;
  /** While a cycle is refined: the labels of its objects. */
  #labels: ReadonlyMap<object, string> | undefined;

  constructor(options: CanonicalOptions) {
    this.#pieces = new ContentPieces(options);
  }

  of(value: unknown): string {
    if (!isObject(value)) return this.#pieces.atom(value);
    return this.#done(value) ?? this.#walk(value);
  }

  #done(value: object): string | undefined {
    return this.#known.get(value) ?? this.#labels?.get(value);
  }

  /** Writes an object and all that it leads to; the path to the object at hand is `frames`. */
  #walk(root: object): string {
    const frames = [this.#enter(root)];
    for (;;) {
      const frame = frames.at(-1) as Frame;
      const { done, value } = frame.pieces.next();
      if (done === true) {
        frames.pop();
        const text = this.#leave(frame);
        const outer = frames.at(-1);
        if (outer === undefined) return text;
        outer.low = Math.min(outer.low, frame.low);
        outer.text.write(text);
      } else if (typeof value === "string") {
        frame.text.write(value);
      } else {
        const text = this.#done(value);
        const earlier = this.#entered.get(value);
        if (text !== undefined) frame.text.write(text);
        else if (earlier === undefined) frames.push(this.#enter(value));
        else {
          this.#revisited.add(value);
          frame.low = Math.min(frame.low, earlier);
          frame.text.write("^");
        }
      }
    }
  }

  #enter(value: object): Frame {
    const number = this.#enteredCount++;
    this.#entered.set(value, number);
    this.#open.push(value);
    const pieces = this.#pieces.of(value);
    return { value, number, low: number, pieces, text: new DigestWriter() };
  }

  /** The text of an object all of whose pieces are written. */
  #leave({ value, number, low, text }: Frame): string {
    const own = text.end();
    if (low < number) return "^";
    const members = this.#open.splice(this.#open.lastIndexOf(value));
    if (members.length > 1 || this.#revisited.has(value)) this.#refine(members);
    else this.#known.set(value, own);
    for (const member of members) this.#entered.delete(member);
    return this.#known.get(value) as string;
  }

  #refine(members: readonly object[]): void {
    let labels = new Map(members.map((member) => [member, "^"]));
    let labelCount = 0;
    let steps: string[] = [];
    let rounds = 0;
    for (let count = 1; count > labelCount;) {
      labelCount = count;
      if (++rounds > roundsMin && rounds * members.length > labelsMax) {
        this.#tellByIdentity(members);
        return;
      }
      this.#labels = labels;
      const next = new Map(members.map((member) => [member, digest(this.#content(member))]));
      this.#labels = undefined;
      steps = members.map((member) => `${labels.get(member)}>${next.get(member)}`);
      labels = next;
      count = new Set(labels.values()).size;
    }
    // Equal labels mean equal content only between cycles in which all labels came about in the
    // same way.
    const all = digest([...new Set(steps)].sort().join());
    for (const [member, label] of labels) this.#known.set(member, `@${all}${label}`);
  }

  #tellByIdentity(members: readonly object[]): void {
    const why = `its cycle of ${members.length} objects takes too long to tell apart`;
    for (const member of members) this.#known.set(member, this.#pieces.identity(why, member));
  }

  /** The text of an object whose parts are done. */
  #content(value: object): string {
    const text = new DigestWriter();
    for (const piece of this.#pieces.of(value)) {
      text.write(typeof piece === "string" ? piece : this.of(piece));
    }
    return text.end();
  }
}
