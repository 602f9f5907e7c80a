import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("what tasks print is there when their program ends", () => {
  const program = join(import.meta.dirname, "fixtures/prints.mjs");
  const text = execFileSync(process.execPath, [program], { encoding: "utf8", timeout: 60_000 });
  const lines = text.split("\n");
  expect(lines.filter((line) => line.startsWith("from one task"))).toHaveLength(5_000);
  expect(lines.filter((line) => line.startsWith("from many tasks"))).toHaveLength(200);
  expect(lines.filter((line) => line === "done")).toHaveLength(1);
});

it("a program may stand on the command line", () => {
  const program =
    'import { Bag } from "millrace"; console.log(await Bag.range(9, { npartitions: 3 }).sum().compute());';
  for (const more of [["--input-type=module"], ["--expose-gc", "--input-type", "module"]]) {
    const args = [...more, "-e", program];
    const text = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
    expect(text).toBe("36\n");
  }
});

it("a program may be run with options of V8", () => {
  const program =
    'import("millrace").then(({ Bag }) => Bag.range(9).sum().compute()).then(console.log);';
  const args = ["--expose-gc", "--max-old-space-size=500", "-e", program];
  const text = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  expect(text).toBe("36\n");
});
