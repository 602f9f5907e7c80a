import { setImmediate as nextTurn } from "node:timers/promises";
import { Delayed, MaterializedLayer, annotate, task } from "@millrace/graph";
import { describe, expect, it, onTestFinished } from "vitest";

const layer = (): MaterializedLayer => new MaterializedLayer("l", { a: 1 });

describe("annotate", () => {
  it("attaches to what is built inside, and to nothing after it", () => {
    expect(annotate({ priority: 2 }, layer).annotations).toEqual({ priority: 2 });
    expect(annotate({ priority: 2 }, () => task(() => 1, [])).annotations).toEqual({ priority: 2 });
    expect(layer().annotations).toBeUndefined();
  });

  it("nests: the inner one wins name by name, resources are merged", () => {
    const inner = annotate({ priority: 1, retries: 3, resources: { gpu: 1, disk: 1 } }, () =>
      annotate({ priority: 2, resources: { gpu: 2, net: 1 }, workers: ["w"] }, layer),
    );
    expect(inner.annotations).toEqual({
      priority: 2,
      retries: 3,
      resources: { gpu: 2, disk: 1, net: 1 },
      workers: ["w"],
    });
  });

  it("says nothing where a name is undefined", () => {
    const inner = annotate({ priority: 5, resources: { gpu: 1 } }, () =>
      annotate({ priority: undefined, resources: undefined, retries: 1 }, layer),
    );
    expect(inner.annotations).toEqual({ priority: 5, resources: { gpu: 1 }, retries: 1 });
  });

  it("surrounds what tasks and layers are told themselves", () => {
    const own = { annotations: { priority: 1, resources: { disk: 1 } } };
    const wanted = { priority: 1, retries: 2, resources: { gpu: 1, disk: 1 } };
    annotate({ priority: 9, retries: 2, resources: { gpu: 1 } }, () => {
      expect(task(() => 1, [], own).annotations).toEqual(wanted);
      expect(new MaterializedLayer("l", { a: 1 }, own).annotations).toEqual(wanted);
    });
    expect(() => task(() => 1, [], { annotations: { retries: -1 } })).toThrow(
      "task: bad annotation 'retries', got -1",
    );
    expect(() => task(() => 1, [], { annotations: { foo: 1 } as never })).toThrow(
      "task: bad annotation 'foo'",
    );
  });

  it("ends when the function throws", () => {
    expect(() =>
      annotate({ priority: 1 }, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(layer().annotations).toBeUndefined();
  });

  it("keeps what it was given, whatever happens to that later", () => {
    const workers = ["one"];
    const resources = { gpu: 1 };
    const made = annotate({ workers, resources }, layer);
    workers.push("two");
    resources.gpu = 9;
    expect(made.annotations).toEqual({ workers: ["one"], resources: { gpu: 1 } });
  });

  it("refuses a promise, whose rejection is not left unhandled", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    onTestFinished(() => void process.off("unhandledRejection", listen));
    const build = (): Promise<never> => Promise.reject(new Error("late"));
    expect(() => annotate({ priority: 1 }, build)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: annotate: the function must build synchronously, got a Promise, wanted a collection. Await first, annotate then.]`,
    );
    await nextTurn();
    expect(unhandled).toEqual([]);
    expect(annotate({ priority: 1 }, () => Delayed.value(1))).toBeInstanceOf(Delayed);
  });

  it("refuses unknown names and bad values", () => {
    const refuse = (annotations: unknown): unknown => {
      try {
        return annotate(annotations as never, () => "no error");
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refuse({ prio: 1 })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'prio', got 1, wanted one of the names priority, retries, timeoutMs, resources, workers, allowOtherWorkers."`,
    );
    expect(refuse({ priority: "high" })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'priority', got "high", wanted a finite number."`,
    );
    expect(refuse({ retries: 1.5 })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'retries', got 1.5, wanted a whole number, 0 or more."`,
    );
    expect(refuse({ timeoutMs: 0 })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'timeoutMs', got 0, wanted a whole number of milliseconds, 1 to 2147483647."`,
    );
    for (const timeoutMs of [-1, 0.5, NaN, Infinity, "5", 2 ** 31]) {
      expect(refuse({ timeoutMs })).toContain("bad annotation 'timeoutMs'");
    }
    expect(refuse({ timeoutMs: 2 ** 31 - 1 })).toBe("no error");
    expect(refuse({ resources: { gpu: -1 } })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'resources', got an object, wanted an object of amounts, each a number of 0 or more."`,
    );
    expect(refuse({ workers: "one" })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'workers', got "one", wanted an array of one or more worker names."`,
    );
    expect(refuse({ workers: [] })).toContain("got an array of 0, wanted an array of one or more");
    expect(refuse({ allowOtherWorkers: 1 })).toMatchInlineSnapshot(
      `"annotate: bad annotation 'allowOtherWorkers', got 1, wanted true or false."`,
    );
    expect(refuse(null)).toMatchInlineSnapshot(
      `"annotate: bad annotations, got null, wanted an object."`,
    );
  });

  it("that layers share are still one object when the layers are made anew", () => {
    const same = { fn: (fn: never) => fn, value: (value: unknown) => value };
    const [a, b] = annotate({ retries: 1 }, () => [layer(), layer()] as const);
    expect(a.annotations).toBe(b.annotations);
    expect(a.replace(same).annotations).toBe(b.annotations);
    const inner = annotate({ priority: 1 }, () =>
      MaterializedLayer.values("v", [1], { annotations: a.annotations }),
    );
    expect(inner.annotations).toEqual({ retries: 1, priority: 1 });
  });
});
