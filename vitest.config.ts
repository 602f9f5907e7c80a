import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // Many tests wait for processes and sockets: a core fewer, as by default, takes half as long again.
    maxWorkers: "100%",
    globalSetup: "test/lib/temporary-files.ts",
  },
});
