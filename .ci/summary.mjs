// Counts what .ci/run left in its folder: vitest's JSON summaries, and a `.status` file a step.
// Each failure is told with its message, since what the runner printed stands far above: a property
// says there the seed that fails.
// The last line is read by machines: `N passed, N failed` and `, N skipped` when there are any.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

const MESSAGE_LINES_MAX = 40;

const folder = process.argv[2];
const files = readdirSync(folder);
const failures = [];
let passed = 0;
let skipped = 0;

for (const file of files.filter((name) => name.endsWith(".status"))) {
  const step = basename(file, ".status");
  const status = Number(readFileSync(join(folder, file), "utf8"));
  const summaries = files.filter((name) => name === `${step}.json`);
  const failuresBefore = failures.length;
  for (const summary of summaries) count(summary);
  if (status === 0 && summaries.length === 0) passed += 1;
  // A runner that fails without a failed test (a crash, an unhandled error) must not look green.
  if (status !== 0 && failures.length === failuresBefore) {
    failures.push(`step ${step} ended with ${status}`);
  }
}
if (passed === 0 && failures.length === 0) failures.push("nothing was run");

console.log("");
for (const failure of failures) console.log(`failed: ${failure}`);
const skips = skipped > 0 ? `, ${skipped} skipped` : "";
console.log(`${passed} passed, ${failures.length} failed${skips}`);
process.exit(failures.length > 0 ? 1 : 0);

function count(file) {
  const label = file === "test.json" ? "" : `[${basename(file, ".json")}] `;
  for (const suite of JSON.parse(readFileSync(join(folder, file), "utf8")).testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === "passed") passed += 1;
      else if (test.status === "failed") fail(`${label}${test.fullName}`, test.failureMessages);
      else skipped += 1;
    }
    // A file that cannot be loaded, or whose hook fails, has no failed test to count.
    const counted = suite.assertionResults.some((test) => test.status === "failed");
    if (suite.status === "failed" && !counted) {
      fail(label + relative(".", suite.name), [suite.message]);
    }
  }
}

function fail(name, messages) {
  const lines = messages.join("\n").split("\n").slice(0, MESSAGE_LINES_MAX);
  console.log(`\n${name}:\n  ${lines.join("\n  ")}`);
  failures.push(name);
}
