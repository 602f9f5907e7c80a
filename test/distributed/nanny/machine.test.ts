import { describe, expect, it } from "vitest";
import { NannyMachine } from "../../../packages/distributed/dist/nanny/machine.js";
import type {
  NannyEvent,
  NannyInstruction,
  ProcessExit,
} from "../../../packages/distributed/dist/nanny/nanny-events.js";
import type { NannySettings } from "../../../packages/distributed/dist/nanny/nanny-settings.js";

const MIB = 2 ** 20;
const exited = (exit: Partial<ProcessExit>): NannyEvent => ({
  kind: "exited",
  exit: { code: undefined, signal: undefined, stderr: "", ...exit },
});
const spawned = { kind: "spawned", pid: 7, chance: 0.5 } as const;

/** What a nanny does at each time, as words. */
function story(
  settings: Partial<NannySettings>,
  events: readonly (readonly [number, ...NannyEvent[]])[],
): string[] {
  const machine = new NannyMachine("w", settings, 0);
  return events.flatMap(([atMs, ...each]) =>
    machine.handle(each, atMs).map((instruction) => `${atMs}: ${said(instruction)}`),
  );
}

function said(instruction: NannyInstruction): string {
  switch (instruction.kind) {
    case "spawn":
      return `spawn after ${instruction.previous?.text ?? "nothing"}`;
    case "signal":
      return instruction.signal;
    case "close":
      return "close";
    case "log":
      return `${instruction.level} ${instruction.event}`;
    case "wake":
      return `wake ${instruction.atMs}`;
    case "end":
      return `end ${instruction.end.kind}: ${instruction.end.reason}`;
  }
}

const begin: [number, ...NannyEvent[]][] = [
  [0, { kind: "started" }],
  [0, spawned],
];
const ready: [number, ...NannyEvent[]] = [0, { kind: "ready" }];

describe("a worker that dies", () => {
  it("is started again at once, then after ever longer waits, and given up after five times", () => {
    const events = [...begin];
    let atMs = 0;
    for (const waitMs of [0, 250, 500, 1000, 2000, 4000]) {
      events.push([atMs, exited({ code: 1, stderr: "boom" })]);
      atMs += waitMs;
      events.push([atMs, { kind: "ticked" }], [atMs, spawned]);
    }
    expect(story({}, events)).toMatchInlineSnapshot(`
      [
        "0: spawn after nothing",
        "0: info worker started",
        "0: warn worker died",
        "0: spawn after exit 1",
        "0: info worker started",
        "0: warn worker died",
        "0: wake 250",
        "250: spawn after exit 1",
        "250: info worker started",
        "250: warn worker died",
        "250: wake 750",
        "750: spawn after exit 1",
        "750: info worker started",
        "750: warn worker died",
        "750: wake 1750",
        "1750: spawn after exit 1",
        "1750: info worker started",
        "1750: warn worker died",
        "1750: wake 3750",
        "3750: spawn after exit 1",
        "3750: info worker started",
        "3750: end gave-up: it was started anew 5 times within 60 s; the last died of exit 1. Its last words: boom",
      ]
    `);
  });

  it("of its tasks is started again at once, as often as that happens", () => {
    const events = [...begin];
    for (let atMs = 1; atMs <= 40; atMs++) {
      events.push([atMs, { kind: "began" }, exited({ signal: "SIGKILL" })], [atMs, spawned]);
    }
    const told = story({}, events);
    expect(told.filter((line) => / end |wake/.test(line))).toEqual([]);
    expect(told.filter((line) => line.includes("spawn"))).toHaveLength(41);
  });

  it("before its first task is given up, whatever the ones before it had run", () => {
    const events = [...begin];
    let atMs = 0;
    for (const waitMs of [0, 250, 500, 1000, 2000, 4000]) {
      events.push([atMs, { kind: "began" }, exited({ code: 1 })], [atMs, spawned]);
      events.push([atMs, exited({ code: 1 })]);
      atMs += waitMs;
      events.push([atMs, { kind: "ticked" }], [atMs, spawned]);
    }
    expect(story({}, events).at(-1)).toBe(
      "3750: end gave-up: it was started anew 5 times within 60 s; the last died of exit 1",
    );
  });

  it("of memory is given up, also where it had tasks", () => {
    const events = [...begin];
    let atMs = 0;
    for (const waitMs of [0, 250, 500, 1000, 2000, 4000]) {
      const heap = exited({ signal: "SIGABRT", stderr: "heap limit" });
      events.push([atMs, { kind: "began" }, heap]);
      atMs += waitMs;
      events.push([atMs, { kind: "ticked" }], [atMs, spawned]);
    }
    expect(story({}, events).at(-1)).toMatch(/^3750: end gave-up: .*out of memory/);
  });

  it("of distrust is started again, though it had tasks, and given up when it comes again", () => {
    const events = [...begin];
    let atMs = 0;
    for (const waitMs of [0, 250, 500, 1000, 2000, 4000]) {
      events.push([atMs, { kind: "began" }, exited({ code: 6 })]);
      atMs += waitMs;
      events.push([atMs, { kind: "ticked" }], [atMs, spawned]);
    }
    const told = story({}, events);
    expect(told).toContain("0: spawn after distrust: others did not get what it claimed to hold");
    expect(told.at(-1)).toMatch(/^3750: end gave-up: .* 5 times within 60 s; .* of distrust/);
  });

  it("now and then is started for ever", () => {
    const events = [...begin];
    for (let atMs = 12_001; atMs < 10_000_000; atMs += 12_001) {
      events.push([atMs, exited({ signal: "SIGSEGV" })], [atMs + 4000, { kind: "ticked" }]);
      events.push([atMs + 4000, spawned]);
    }
    const told = story({}, events);
    expect(told.filter((line) => line.includes("end"))).toEqual([]);
    expect(told.filter((line) => line.includes("spawn"))).toHaveLength(events.length / 3 + 1 / 3);
  });

  it("tells the next one what it died of", () => {
    const told = story({}, [...begin, [5, exited({ signal: "SIGABRT", stderr: "heap limit" })]]);
    expect(told.at(-1)).toBe(
      "5: spawn after out of memory: exit 134, the heap limit of JavaScript was reached; at most 0 MiB were seen",
    );
  });

  it("is told of to the scheduler, once, if that knew it", () => {
    const machine = new NannyMachine("w", {}, 0);
    const wordsAfter = (...events: NannyEvent[]): unknown[] =>
      machine
        .handle([...events, { kind: "ticked" }], 0)
        .flatMap((each) => (each.kind === "spawn" ? [each.words] : []));
    const dies = (code: number): NannyEvent[] => [{ kind: "began" }, exited({ code, stderr: "x" })];
    expect(wordsAfter({ kind: "started" })).toEqual([undefined]);
    expect(wordsAfter(spawned, { kind: "ready" }, ...dies(9))).toEqual([
      { exit: "exit 9", stderr: "x" },
    ]);
    // Nobody knew this one.
    const unknown = exited({ code: 8, stderr: "x" });
    expect(wordsAfter(spawned, unknown)).toEqual([{ exit: "exit 9", stderr: "x" }]);
    // Who has a task is known, also where it could not say so.
    expect(wordsAfter(spawned, ...dies(7))).toEqual([{ exit: "exit 7", stderr: "x" }]);
  });
});

describe("a worker ends, and no other one comes", () => {
  const ends: [string, Partial<ProcessExit>, string][] = [
    ["that retired by itself", { code: 0 }, "end retired: by itself"],
    ["whose options are no good", { code: 2, stderr: "a\nb\n" }, "end not-started: b"],
    ["that is refused", { code: 3, stderr: "version" }, "end refused: version"],
    ["whose scheduler is lost", { code: 4 }, "end scheduler-lost: "],
  ];
  it.each(ends)("%s", (_, exit, end) => {
    expect(story({}, [...begin, [9, exited(exit)]]).at(-1)).toBe(`9: ${end}`);
  });

  it("and its own words are the reason", () => {
    const told: NannyEvent = { kind: "told", reason: "protocol 4, wanted 5" };
    expect(story({}, [...begin, [9, told, exited({ code: 3 })]]).at(-1)).toBe(
      "9: end refused: protocol 4, wanted 5",
    );
  });
});

describe("a worker that is asked to end", () => {
  it("gets SIGTERM, and SIGKILL where it takes too long", () => {
    expect(
      story({}, [
        ...begin,
        [10, { kind: "retire-wanted" }],
        [20, { kind: "retire-wanted" }],
        [30_009, { kind: "ticked" }],
        [30_010, { kind: "ticked" }],
        [30_011, exited({ signal: "SIGKILL" })],
      ]),
    ).toMatchInlineSnapshot(`
      [
        "0: spawn after nothing",
        "0: info worker started",
        "10: SIGTERM",
        "10: wake 30010",
        "30009: wake 30010",
        "30010: warn worker killed",
        "30010: SIGKILL",
        "30011: end killed: it did not end within 30 s when asked to",
      ]
    `);
  });

  it("to close has less time, and gets it when it retires already", () => {
    expect(
      story({}, [
        ...begin,
        [10, { kind: "retire-wanted" }],
        [20, { kind: "close-wanted" }],
        [5020, { kind: "ticked" }],
        [5021, exited({ signal: "SIGKILL" })],
      ]),
    ).toMatchInlineSnapshot(`
      [
        "0: spawn after nothing",
        "0: info worker started",
        "10: SIGTERM",
        "10: wake 30010",
        "20: close",
        "20: wake 5020",
        "5020: warn worker killed",
        "5020: SIGKILL",
        "5021: end killed: it did not end within 5 s when asked to",
      ]
    `);
  });

  it("and does is done with", () => {
    const ends = (["retire-wanted", "close-wanted"] as const).map((kind) =>
      story({}, [...begin, [10, { kind }], [20, exited({ code: 0 })]]).at(-1),
    );
    expect(ends).toEqual(["20: end retired: that was wanted", "20: end closed: that was wanted"]);
  });

  it("and dies instead is told of, and not started again", () => {
    const last = (exit: Partial<ProcessExit>): string | undefined =>
      story({}, [...begin, [10, { kind: "retire-wanted" }], [20, exited(exit)]]).at(-1);
    expect([last({ code: 1 }), last({ signal: "SIGTERM" }), last({ code: 4 })]).toEqual([
      "20: end died: exit 1",
      "20: end retired: it had not begun",
      "20: end scheduler-lost: ",
    ]);
  });

  it("between two workers needs nothing", () => {
    const waiting: [number, ...NannyEvent[]][] = [
      ...begin,
      [1, exited({ code: 1 })],
      [1, spawned],
      [2, exited({ code: 1 })],
    ];
    const ends = (["retire-wanted", "close-wanted", "kill-wanted"] as const).map((kind) =>
      story({}, [...waiting, [3, { kind }]]).at(-1),
    );
    expect(ends).toEqual([
      "3: end retired: there was no worker",
      "3: end closed: there was no worker",
      "3: end killed: there was no worker",
    ]);
  });

  it("before its process is there is asked as soon as it is", () => {
    const early = (kind: "retire-wanted" | "close-wanted" | "kill-wanted"): string[] =>
      story({}, [
        [0, { kind: "started" }, { kind }],
        [0, spawned],
      ]).slice(1);
    expect([early("retire-wanted"), early("close-wanted"), early("kill-wanted")]).toEqual([
      ["0: info worker started", "0: SIGTERM", "0: wake 30000"],
      ["0: info worker started", "0: close", "0: wake 5000"],
      ["0: info worker started", "0: SIGKILL"],
    ]);
  });
});

describe("memory", () => {
  const settings = { memoryBytesMax: 100 * MIB };

  it("at 95 % of the limit is the end of the worker, and there is another one", () => {
    expect(
      story(settings, [
        ...begin,
        [100, { kind: "sampled", bytes: 94.9 * MIB }],
        [200, { kind: "sampled", bytes: 120 * MIB }],
        [300, { kind: "sampled", bytes: 130 * MIB }],
        [301, exited({ signal: "SIGKILL" })],
      ]),
    ).toMatchInlineSnapshot(`
      [
        "0: spawn after nothing",
        "0: info worker started",
        "200: error worker out of memory",
        "200: SIGKILL",
        "301: warn worker died",
        "301: spawn after out of memory: 120 MiB of a limit of 100 MiB were taken, and it was killed",
      ]
    `);
  });

  it("is not the end of another worker", () => {
    const told = story(settings, [
      ...begin,
      [200, { kind: "sampled", bytes: 120 * MIB }],
      [300, exited({ signal: "SIGKILL" })],
      [300, spawned],
      [400, exited({ signal: "SIGKILL" })],
    ]);
    expect(told.filter((line) => line.includes("out of memory"))).toHaveLength(2);
    expect(told.filter((line) => line.includes("spawn"))).toHaveLength(2);
  });
});

describe("a lifetime", () => {
  const settings = { lifetimeMs: 1000, lifetimeStaggerMs: 200 };

  it("ends by retiring, a little sooner or later", () => {
    const wakes = [0, 0.5, 0.75].map((chance) => {
      const first: NannyEvent[] = [{ ...spawned, chance }, { kind: "ready" }];
      return story(settings, [
        [0, { kind: "started" }],
        [0, ...first],
      ]).at(-1);
    });
    expect(wakes).toEqual(["0: wake 800", "0: wake 1000", "0: wake 1100"]);
    const told = story(settings, [
      ...begin,
      ready,
      [1000, { kind: "ticked" }],
      [1001, exited({ code: 0 })],
    ]);
    expect(told.slice(-4)).toEqual([
      "1000: info worker retires",
      "1000: SIGTERM",
      "1000: wake 31000",
      "1001: end retired: its lifetime is over",
    ]);
  });

  it("may be followed by another, which is none of the five restarts", () => {
    const events = [...begin, ready];
    for (let atMs = 1000; atMs <= 20_000; atMs += 1000) {
      events.push([atMs, { kind: "ticked" }], [atMs, exited({ code: 0 })]);
      events.push([atMs, spawned, { kind: "ready" }]);
    }
    const told = story({ ...settings, lifetimeRestart: true }, events);
    expect(told.filter((line) => line.includes("spawn"))).toHaveLength(21);
  });

  it("that is over is not followed by another where the user has the worker retire", () => {
    const told = story({ ...settings, lifetimeRestart: true }, [
      ...begin,
      ready,
      [1000, { kind: "ticked" }],
      [1001, { kind: "retire-wanted" }],
      [1002, exited({ code: 0 })],
    ]);
    expect(told.at(-1)).toBe("1002: end retired: that was wanted");
  });
});
