import fc from "fast-check";
import { expect, test } from "vitest";

import {
  compareBytes,
  containsBytes,
  countPoints,
  decodeText,
  encodeText,
  endsWithBytes,
  equalBytes,
  startsWithBytes,
} from "../../../../packages/dataframe/dist/kernels/text/bytes.js";
import {
  Span,
  lowerText,
  replacePlain,
  sliceText,
  trimText,
  upperText,
} from "../../../../packages/dataframe/dist/kernels/text/span.js";
import {
  TextBuilder,
  TextDictionary,
} from "../../../../packages/dataframe/dist/kernels/text/text-builder.js";
import { valuesOf } from "../../../lib/dataframe/columns.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80, size: "max" }),
  fc.stringMatching(/^[\sAa\u00a0]{0,6}$/),
  fc.constantFrom("İ", "ß", "\u1e9e", "a😀b", "\ufeffa", "ΑΣ"),
);

/** A text as the part of a longer one, so that what stands around it must not matter. */
function placed(value: string): readonly [Uint8Array, number, number] {
  const bytes = encodeText(value);
  const data = new Uint8Array(bytes.length + 6).fill(0xa0);
  data.set(bytes, 3);
  return [data, 3, 3 + bytes.length];
}

test("texts compare and are searched as strings of code points", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [x, y] = [placed(a), placed(b)];
      const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareBytes(...x, ...y))).toBe(order);
      expect(equalBytes(...x, ...y)).toBe(a === b);
      expect(startsWithBytes(...x, ...y)).toBe(a.startsWith(b));
      expect(endsWithBytes(...x, ...y)).toBe(a.endsWith(b));
      expect(containsBytes(...x, encodeText(b))).toBe(a.includes(b));
      const whole = placed(`${a}${b}${a}`);
      expect(containsBytes(...whole, encodeText(b))).toBe(true);
    }),
  );
});

test("functions of texts give what those of strings give", () => {
  const span = new Span();
  const taken = (): string => decodeText(span.data, span.start, span.end);
  const place = fc.integer({ min: -6, max: 6 });
  fc.assert(
    fc.property(text, place, place, (value, from, to) => {
      const at = placed(value);
      expect(decodeText(...at)).toBe(value);
      expect(countPoints(...at)).toBe(Array.from(value).length);
      span.reset();
      lowerText(span, ...at);
      expect(taken()).toBe(value.toLowerCase());
      upperText(span, ...at);
      expect(taken()).toBe(value.toUpperCase());
      trimText(span, ...at);
      expect(taken()).toBe(value.trim());
      sliceText(span, ...at, from, to);
      expect(taken()).toBe(Array.from(value).slice(from, to).join(""));
    }),
    { numRuns: 300 },
  );
});

test("a part is replaced as strings replace it, first or all", () => {
  const span = new Span();
  const few = fc.stringMatching(/^[ab$é]{0,6}$/);
  fc.assert(
    fc.property(
      few,
      few.map((part) => part.slice(0, 2)),
      few,
      (value, part, by) => {
        for (const all of [false, true]) {
          span.reset();
          replacePlain(span, ...placed(value), encodeText(part), encodeText(by), all);
          const got = decodeText(span.data, span.start, span.end);
          expect(got).toBe(all ? value.replaceAll(part, () => by) : value.replace(part, () => by));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a span keeps the texts of a row, also those that outgrow its scratch", () => {
  const span = new Span();
  const texts = ["a".repeat(3_000), "b".repeat(3_000), "c".repeat(9_000), "d"];
  const places = texts.map((value) => {
    span.encode(value);
    return [span.data, span.start, span.end] as const;
  });
  expect(places.map((place) => decodeText(...place))).toEqual(texts);
});

test("a builder gives back what was added, also after it was rewound", () => {
  fc.assert(
    fc.property(fc.array(text, { size: "max", maxLength: 60 }), fc.nat(60), (texts, keep) => {
      const builder = new TextBuilder(2);
      for (const value of texts) builder.add(...placed(value));
      builder.rewind(keep);
      const kept = texts.slice(0, keep);
      builder.skipTo(kept.length + 2);
      builder.add(...placed("last"));
      expect(valuesOf(builder.column())).toEqual([...kept, "", "", "last"]);
    }),
  );
});

test("a dictionary has each text once and the same codes for the same texts", () => {
  fc.assert(
    fc.property(fc.array(text, { size: "max", maxLength: 60 }), (texts) => {
      const dictionary = new TextDictionary();
      const codes = texts.map((value) => dictionary.add(...placed(value)));
      const all = valuesOf(dictionary.column());
      expect(all).toEqual([...new Set(texts)]);
      expect(codes.map((code) => all[code])).toEqual(texts);
      expect(dictionary.column()).toBe(dictionary.column());
    }),
  );
});
