// A child process of test/repository/docs.test.ts: imports the blocks of one page one after another
// and writes what became of each as a line of JSON, so that a crash or a hang loses one block only.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , report, ...modules] = process.argv;
let current = "";

process.on("unhandledRejection", (error) => write(current, error));
process.on("uncaughtException", (error) => write(current, error));

for (const path of modules) {
  current = path;
  write(path, "started");
  try {
    await import(pathToFileURL(path).href);
    write(path, "passed");
  } catch (error) {
    write(path, error);
  }
}
// A block may leave a server or a timer behind; every module has ended.
process.exit(0);

function write(path, outcome) {
  const failed = typeof outcome !== "string";
  const text = failed ? (outcome instanceof Error ? outcome.stack : String(outcome)) : outcome;
  appendFileSync(report, `${JSON.stringify({ path, failed, text })}\n`);
}
