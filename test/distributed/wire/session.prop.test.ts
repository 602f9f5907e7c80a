import fc from "fast-check";
import { expect, it } from "vitest";

import { KeptMessages } from "../../../packages/distributed/src/wire/kept-messages.ts";

type Frame = { readonly message: number } | { readonly heard: number };

/** One side of a session whose connections break; frames are on their way for a while. */
class Side {
  readonly book = new KeptMessages<number>();
  readonly said: number[] = [];
  readonly heard: number[] = [];
  /** What is on its way from here. */
  sent: Frame[] = [];

  say(message: number, isConnected: boolean): void {
    this.said.push(message);
    this.book.said(message);
    if (isConnected) this.sent.push({ message });
  }

  hear(frame: Frame): void {
    if ("heard" in frame) expect(this.book.arrived(frame.heard)).toBe(true);
    else {
      this.heard.push(frame.message);
      this.book.heard(1);
    }
  }

  resume(theirCount: number): void {
    expect(this.book.arrived(theirCount)).toBe(true);
    this.sent = this.book.unheard.map((message) => ({ message }));
  }
}

const step = fc.record({
  side: fc.constantFrom(0, 1),
  does: fc.constantFrom("say", "say", "deliver", "deliver", "confirm", "cut", "connect"),
});

it("all that is said is heard once and in order, wherever connections break", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const sides = [new Side(), new Side()] as const;
      let isConnected = false;
      let count = 0;
      const connect = (): void => {
        if (isConnected) return;
        const counts = sides.map(({ book }) => book.confirm());
        sides[0].resume(counts[1] as number);
        sides[1].resume(counts[0] as number);
        isConnected = true;
      };
      const deliver = (from: number): void => {
        const frame = sides[from]?.sent.shift();
        if (frame !== undefined) sides[1 - from]?.hear(frame);
      };
      for (const { side, does } of steps) {
        const one = sides[side] as Side;
        switch (does) {
          case "say":
            one.say(count++, isConnected);
            break;
          case "deliver":
            deliver(side);
            break;
          case "confirm":
            if (isConnected) one.sent.push({ heard: one.book.confirm() });
            break;
          case "cut":
            isConnected = false;
            for (const each of sides) each.sent = [];
            break;
          case "connect":
            connect();
            break;
        }
      }
      connect();
      for (const from of [0, 1]) while ((sides[from] as Side).sent.length > 0) deliver(from);
      expect(sides[1].heard).toEqual(sides[0].said);
      expect(sides[0].heard).toEqual(sides[1].said);
      for (const { book } of sides) book.confirm();
      expect(sides[0].book.arrived(sides[1].book.heardCount)).toBe(true);
      expect(sides[0].book.keptCount).toBe(0);
    }),
  );
});

it("a side cannot have heard what was not said, nor less than it had", () => {
  const book = new KeptMessages<string>();
  book.said("a");
  book.said("b");
  expect(book.arrived(3)).toBe(false);
  expect(book.arrived(1)).toBe(true);
  expect(book.arrived(0)).toBe(false);
  expect(book.unheard).toEqual(["b"]);
});
