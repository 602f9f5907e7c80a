import { expect, it } from "vitest";

import { exportedLines } from "../lib/public-surface.ts";

const lines = exportedLines();

// A name that comes or goes is a decision: run `npx vitest run test/repository -u`, read the diff,
// and say it in CHANGELOG.md.
it.each([...lines.keys()])(
  "the exported names of packages/%s are the recorded ones",
  async (name) => {
    const text = `${(lines.get(name) ?? []).join("\n")}\n`;
    await expect(text).toMatchFileSnapshot(`./public-api/${name}.txt`);
  },
);
