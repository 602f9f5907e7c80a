import { Client } from "@millrace/distributed";
import { expect, it } from "vitest";
import { Served, bearer, token } from "./served.ts";

interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Map<string, number>;
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const label = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const sample = new RegExp(
  `^(${name})(?:\\{(${label}(?:,${label})*)?\\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$`,
);

/** Reads the text format as its description says, and throws at what that does not allow. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  let help: readonly [string, string] | undefined;
  let current: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const told = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line);
    if (told?.[1] === "HELP") help = [told[2] as string, told[3] as string];
    else if (told?.[1] === "TYPE") {
      current = told[2] as string;
      if (help?.[0] !== current) throw new Error(`no HELP before ${line}`);
      if (families.has(current)) throw new Error(`${current} comes twice`);
      const type = told[3] as string;
      if (!["counter", "gauge"].includes(type)) throw new Error(line);
      if (type === "counter" && !current.endsWith("_total")) throw new Error(line);
      families.set(current, { help: help[1], type, samples: new Map() });
    } else {
      const [, of, labels = "", value] = sample.exec(line) ?? [];
      if (of === undefined || of !== current) throw new Error(`out of place: ${line}`);
      const { samples } = families.get(of) as Family;
      if (samples.has(labels)) throw new Error(`twice: ${line}`);
      samples.set(labels, Number(value));
    }
  }
  return families;
}

async function scrape(served: Served): Promise<Map<string, Family>> {
  const { status, headers, text } = await served.ask("/metrics", bearer);
  expect([status, headers["content-type"]]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return parse(text);
}

it("an idle scheduler has all metrics, under names of its own", async () => {
  await using served = await Served.start();
  const families = await scrape(served);
  for (const family of families.keys()) expect(family).toMatch(/^millrace_[a-z_]+$/);
  expect(families.get("millrace_workers")?.samples.get("")).toBe(0);
  expect(families.get("millrace_tasks")?.samples.size).toBe(7);
  expect([...families].map(([each, { type }]) => `${each} ${type}`)).toMatchInlineSnapshot(`
    [
      "millrace_info gauge",
      "millrace_uptime_seconds gauge",
      "millrace_workers gauge",
      "millrace_threads gauge",
      "millrace_clients gauge",
      "millrace_runs gauge",
      "millrace_runs_accepted_total counter",
      "millrace_tasks gauge",
      "millrace_attempts_total counter",
      "millrace_attempts_seconds_total counter",
      "millrace_stored_bytes gauge",
      "millrace_memory_limit_bytes gauge",
      "millrace_events_total counter",
      "millrace_worker_threads gauge",
      "millrace_worker_tasks gauge",
      "millrace_worker_active_tasks gauge",
      "millrace_worker_stored_bytes gauge",
      "millrace_worker_memory_limit_bytes gauge",
      "millrace_worker_paused gauge",
      "millrace_worker_silence_seconds gauge",
      "millrace_worker_attempts_total counter",
      "millrace_worker_busy_seconds_total counter",
      "millrace_worker_resident_memory_bytes gauge",
      "millrace_worker_cpu_seconds_total counter",
      "millrace_worker_disk_bytes gauge",
      "millrace_group_attempts_total counter",
      "millrace_group_seconds_total counter",
      "millrace_group_made_bytes_total counter",
      "millrace_scheduler_cpu_seconds_total counter",
      "millrace_scheduler_loop_active_seconds_total counter",
      "millrace_scheduler_resident_memory_bytes gauge",
    ]
  `);
});

it("what has happened is counted, and names of all kinds are escaped", async () => {
  await using served = await Served.start();
  const odd = 'w "1"\\\nx';
  await served.addWorker(odd);
  await using client = await Client.connect(served.server.url, { token });
  await client.gather(client.map((n: number) => n + 1, [1, 2, 3], { key: 'a"\\b' }));
  await client.submit(() => 1 + 1, []).result();
  const failing = client.submit(function failing() {
    throw new Error("no");
  }, []);
  await failing.result().catch(() => undefined);
  const families = await scrape(served);
  const of = (family: string, labels: string) => families.get(family)?.samples.get(labels);
  expect(of("millrace_attempts_total", 'outcome="done"')).toBe(4);
  expect(of("millrace_attempts_total", 'outcome="failed"')).toBe(1);
  expect(of("millrace_worker_threads", String.raw`worker="w \"1\"\\\nx"`)).toBe(1);
  expect(of("millrace_group_attempts_total", String.raw`group="a\"\\b",outcome="done"`)).toBe(3);
  expect(of("millrace_group_attempts_total", 'group="failing",outcome="failed"')).toBe(1);
  expect(of("millrace_events_total", 'kind="task-failed"')).toBe(1);
  expect(of("millrace_events_total", 'kind="worker-joined"')).toBe(1);
  expect(of("millrace_runs_accepted_total", "")).toBe(3);
  expect(of("millrace_attempts_seconds_total", "")).toBeGreaterThan(0);
});
