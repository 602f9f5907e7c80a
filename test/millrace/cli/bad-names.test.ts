import { expect, it } from "vitest";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { refusalIn } from "./refusal.ts";

const refusal = refusalIn(scratchFolder());
const env = { MILLRACE_TOKEN: "t0ken-of-16-chars" };
const url = "ws://127.0.0.1:1";

it("one line tells what is wrong with a name or a token, of whatever command", async () => {
  const told: string[] = [];
  for (const given of ["", "a\nb", "\u001b[31m", "x".repeat(2_000)]) {
    told.push(await refusal(["worker", url, "--name", given]));
    for (const command of ["scheduler", "worker", "cluster", "status", "run"]) {
      const line = await refusal([
        command,
        "--token",
        given,
        ...(command === "run" ? ["x.mjs"] : []),
      ]);
      expect(line).toMatch(/^millrace: --token: /);
      if (given !== "") expect(line).not.toContain(given);
      if (command === "scheduler") told.push(line);
    }
  }
  const long = "x".repeat(255);
  told.push(await refusal(["worker", url, "--name", long, "--nworkers", "2"], env));
  expect(told).toMatchInlineSnapshot(`
    [
      "millrace: --name: bad setting 'name', got "", wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "millrace: --token: bad setting 'token', got a text of 0 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
      "millrace: --name: bad setting 'name', got "a\\nb", wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "millrace: --token: bad setting 'token', got a text of 3 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
      "millrace: --name: bad setting 'name', got "\\u001b[31m", wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "millrace: --token: bad setting 'token', got a text of 5 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
      "millrace: --name: bad setting 'name', got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "millrace: --token: bad setting 'token', got a text of 2000 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
      "millrace: --name: with the number of a worker it is too long, got 257 characters, wanted at most 256. Give a shorter name, or start one worker.",
    ]
  `);
});
