import { delayed } from "@millrace/delayed";
import { expect, it } from "vitest";

const failure = async (run: Promise<unknown>): Promise<Record<string, unknown>> =>
  run.then(
    () => ({ message: "no failure" }),
    (error: unknown) => error as Record<string, unknown>,
  );

it("an error of the function is the cause, whatever its code", async () => {
  for (const code of ["graph/nout", "closure/missing-export", "mine"]) {
    const reason = Object.assign(new Error("no"), { code });
    const boom = delayed((): never => {
      throw reason;
    });
    const error = await failure(boom().compute());
    expect(error).toMatchObject({ code: "graph/task-failed" });
    expect(error["cause"]).toBe(reason);
  }
  const word = delayed(() => ({
    get bad(): never {
      throw new RangeError("no");
    },
    worse: (): never => {
      throw new TypeError("no");
    },
  }))();
  expect((await failure(word.get("bad").compute()))["cause"]).toBeInstanceOf(RangeError);
  expect((await failure(word.call("worse").compute()))["cause"]).toBeInstanceOf(TypeError);
  const nested = delayed(() =>
    word
      .get("none" as never)
      .get("none" as never)
      .compute(),
  );
  expect(await failure(nested().compute())).toMatchObject({
    code: "graph/task-failed",
    cause: { code: "graph/invalid-argument", key: expect.stringMatching(/^getProperty-/) },
  });
});
