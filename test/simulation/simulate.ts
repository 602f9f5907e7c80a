import { drawScenario } from "./draw-scenario.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./scenario-arbitrary.ts";

const options = optionsOf(process.argv.slice(2));
if (options.has("seed")) traceOne(Number(options.get("seed")));
else runMany(Number(options.get("from") ?? 0), Number(options.get("seeds") ?? 1_000));

function optionsOf(args: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (const [n, arg] of args.entries()) {
    if (arg.startsWith("--")) options.set(arg.slice(2), args[n + 1] ?? "");
  }
  return options;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What is wrong with a scenario, without the time at which it is. */
function messageOf(scenario: Scenario): string | undefined {
  try {
    runScenario(scenario);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function traceOne(seed: number): void {
  let scenario = drawScenario(seed);
  if (options.has("shrink")) {
    const smaller = shrink(scenario, messageOf);
    print(JSON.stringify(smaller.scenario, undefined, 1));
    scenario = smaller.scenario;
  }
  const report = runScenario(scenario, options.has("trace") ? print : undefined);
  print(`seed ${seed}: ${report.actionCount} actions, ${[...report.reached].join(", ")}`);
}

function runMany(from: number, count: number): void {
  const startMs = performance.now();
  const reached = new Map<string, number>();
  let failures = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      for (const what of runScenario(drawScenario(seed)).reached) {
        reached.set(what, 1 + (reached.get(what) ?? 0));
      }
    } catch (error) {
      failures++;
      print(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      if (failures >= Number(options.get("failures") ?? 20)) break;
    }
  }
  if (failures > 0) process.exitCode = 1;
  const seconds = (performance.now() - startMs) / 1000;
  print(`${count} seeds, ${failures} failures, ${seconds.toFixed(1)} s`);
  for (const [what, times] of [...reached].toSorted((a, b) => b[1] - a[1]))
    print(`${times} ${what}`);
}
