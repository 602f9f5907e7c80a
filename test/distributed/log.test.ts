import { describe, expect, it } from "vitest";
import { createLog, type LogOptions } from "../../packages/distributed/dist/log.js";

function lines(options: Omit<LogOptions, "write" | "now">): {
  log: ReturnType<typeof createLog>;
  written: string[];
} {
  const written: string[] = [];
  const now = (): number => Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  return { log: createLog({ ...options, now, write: (line) => written.push(line) }), written };
}

const facts = {
  name: "w-1",
  bytes: 12,
  said: 'a "word" = b',
  error: new Error("broken"),
  list: ["a", 1n],
  none: undefined,
  limit: Infinity,
  empty: "",
};

describe("a line", () => {
  it("for people has the time, how much it matters, the event and the facts", () => {
    const { log, written } = lines({});
    log.info("worker started", facts);
    log.warn("quiet");
    expect(written).toEqual([
      '2026-01-02T03:04:05.006Z info  worker started name=w-1 bytes=12 said="a \\"word\\" = b" ' +
        'error=broken list=["a","1"] limit=Infinity empty=""\n',
      "2026-01-02T03:04:05.006Z warn  quiet\n",
    ]);
  });

  it("as JSON has the same, and no fact passes for what every line has", () => {
    const { log, written } = lines({ json: true });
    log.error("worker died", { ...facts, level: "debug", time: "never" });
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        time: "2026-01-02T03:04:05.006Z",
        level: "error",
        event: "worker died",
        name: "w-1",
        bytes: 12,
        said: 'a "word" = b',
        error: "broken",
        list: ["a", "1"],
        limit: "Infinity",
        empty: "",
      },
    ]);
  });

  it.each([true, false])("stays one line, and harmless in a terminal (JSON: %s)", (json) => {
    const { log, written } = lines({ json });
    const evil = "a\nb\r\u001B[31m\u009B31m\u2028\u202Ec\u0000";
    log.info(evil, { [evil]: evil, error: new Error(evil), deep: [{ evil }] });
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(written.join("").slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(written).toHaveLength(1);
    if (json) expect(JSON.parse(written[0] ?? "")).toMatchObject({ event: evil, error: evil });
  });

  it("has an end, whatever is told", () => {
    const { log, written } = lines({});
    log.info("long", { text: "x".repeat(1_000_000) });
    expect((written[0] ?? "").length).toBeLessThan(10_000);
  });
});

it("what matters less than is wanted is not written", () => {
  const told = (level?: "debug" | "error"): number => {
    const { log, written } = lines(level === undefined ? {} : { level });
    for (const each of ["debug", "info", "warn", "error"] as const) log[each]("event");
    return written.length;
  };
  expect([told("debug"), told(), told("error")]).toEqual([4, 3, 1]);
});
