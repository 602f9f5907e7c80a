import { Delayed, progressBar } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const lines = (more: object): { written: string[]; stream: { write: (text: string) => void } } => {
  const written: string[] = [];
  return { written, stream: { write: (text) => void written.push(text), ...more } };
};
const at = (
  done: number,
  total: number,
  more: object = {},
): Parameters<ReturnType<typeof progressBar>>[0] => ({
  done,
  total,
  running: 0,
  retried: 0,
  elapsedMs: 1234,
  ...more,
});

describe("progressBar", () => {
  it("draws over one line of a terminal, and ends it", () => {
    const { written, stream } = lines({ isTTY: true, columns: 60 });
    const draw = progressBar({ stream, label: "count" });
    for (const done of [0, 5, 10]) draw(at(done, 10));
    expect(written.map((line) => JSON.stringify(line))).toMatchInlineSnapshot(`
      [
        ""\\rcount [░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 0/10 tasks, 1.2 s\\u001b[K"",
        ""\\rcount [█████████████████░░░░░░░░░░░░░░░░] 5/10 tasks, 1.2 s\\u001b[K"",
        ""\\rcount [████████████████████████████████] 10/10 tasks, 1.2 s\\u001b[K\\n"",
      ]
    `);
    expect(written.every((line) => line.startsWith("\r"))).toBe(true);
  });

  it("fits into a narrow terminal, and shows what was tried again", () => {
    const { written, stream } = lines({ isTTY: true, columns: 20 });
    progressBar({ stream })(at(1, 2, { retried: 3 }));
    expect(written.map((line) => JSON.stringify(line))).toMatchInlineSnapshot(`
      [
        ""\\r 1/2 tasks, 3 retri\\u001b[K"",
      ]
    `);
  });

  it("prints one line, at the end, where there is no terminal", async () => {
    const { written, stream } = lines({});
    const draw = progressBar({ stream });
    for (const done of [0, 1, 2]) draw(at(done, 2));
    expect(written).toEqual(["2/2 tasks, 1.2 s\n"]);
    written.length = 0;
    await Delayed.value(1).compute({ onProgress: draw });
    expect(written).toHaveLength(1);
  });

  it("of nothing to do is full", () => {
    const { written, stream } = lines({ isTTY: true, columns: 40 });
    progressBar({ stream })(at(0, 0));
    expect(written[0]).toMatch(/^\r\[█+\] 0\/0 tasks.*\n$/);
  });
});
