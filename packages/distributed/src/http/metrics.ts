import type { VitalsTold } from "../messages/worker-vitals.ts";
import { journalKinds } from "../scheduler/journal.ts";
import { stateNames } from "../scheduler/states.ts";
import type { CountedGroup } from "../scheduler/view.ts";
import type { WorkerRecord } from "../scheduler/worker-record.ts";
import { clusterOf } from "./answers.ts";
import type { Watched } from "./watched.ts";

/** The text format of Prometheus. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

/** Workers and names of groups that have series of their own. */
const workersMax = 1_000;
const groupsMax = 200;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];
type Family = readonly [
  name: string,
  kind: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
];

/** What a scrape is told, piece by piece, so that whoever sends it may pause between two. */
export function* metricsOf(watched: Watched): Generator<string> {
  for (const family of clusterFamilies(watched)) yield textOf(family);
  const workers = newestByName(watched.view.workers).slice(-workersMax);
  for (const family of workerFamilies(workers, watched.nowMs())) yield textOf(family);
  for (const family of vitalsFamilies(workers, watched)) yield textOf(family);
  for (const family of groupFamilies(watched.view.groups)) yield textOf(family);
  for (const family of processFamilies()) yield textOf(family);
}

function one(value: number): readonly Sample[] {
  return [[{}, value]];
}

function clusterFamilies(watched: Watched): readonly Family[] {
  const cluster = clusterOf(watched);
  const { attempts, tasks, version, node } = cluster;
  const counts = watched.view.journalCounts;
  const upSeconds = (cluster.nowMs - cluster.startedMs) / 1_000;
  const states = stateNames.map((state): Sample => [{ state }, tasks[state]]);
  const outcomes = (["done", "failed", "lost"] as const).map((outcome): Sample => [
    { outcome },
    attempts[outcome],
  ]);
  const events = journalKinds.map((kind): Sample => [{ kind }, counts.get(kind) ?? 0]);
  return [
    ["millrace_info", "gauge", "Versions, as labels.", [[{ version, node }, 1]]],
    ["millrace_uptime_seconds", "gauge", "Since the scheduler was started.", one(upSeconds)],
    ["millrace_workers", "gauge", "Workers that are connected.", one(cluster.workerCount)],
    ["millrace_threads", "gauge", "Task threads of all workers.", one(cluster.threadCount)],
    ["millrace_clients", "gauge", "Clients that are connected.", one(cluster.clientCount)],
    ["millrace_runs", "gauge", "Runs of which something is wanted.", one(cluster.runCount)],
    ["millrace_runs_accepted_total", "counter", "Runs taken in.", one(cluster.runsAcceptedCount)],
    ["millrace_tasks", "gauge", "Tasks of runs that are here, by state.", states],
    ["millrace_attempts_total", "counter", "Attempts at tasks that have ended.", outcomes],
    [
      "millrace_attempts_seconds_total",
      "counter",
      "What attempts took on their threads.",
      one(attempts.totalSeconds),
    ],
    ["millrace_stored_bytes", "gauge", "Values that workers hold.", one(cluster.storedBytes)],
    [
      "millrace_memory_limit_bytes",
      "gauge",
      "What all workers may take.",
      one(cluster.memoryBytesMax),
    ],
    ["millrace_events_total", "counter", "What happened, by kind.", events],
  ];
}

/** Two series must not have the same labels: of workers with one name the newest counts. */
function newestByName(workers: readonly WorkerRecord[]): readonly WorkerRecord[] {
  return [...new Map(workers.map((worker) => [worker.name, worker])).values()];
}

function workerFamilies(workers: readonly WorkerRecord[], nowMs: number): readonly Family[] {
  const each = (valueOf: (worker: WorkerRecord) => number): readonly Sample[] =>
    workers.map((worker) => [{ worker: worker.name }, valueOf(worker)]);
  const ended = workers.flatMap(({ name, doneCount, failedCount }): Sample[] => [
    [{ worker: name, outcome: "done" }, doneCount],
    [{ worker: name, outcome: "failed" }, failedCount],
  ]);
  const seconds = each(({ busyUs }) => busyUs / 1e6);
  const silence = each(({ lastSeenMs }) => Math.max(0, nowMs - lastSeenMs) / 1_000);
  const isPaused = each((worker) => Number(worker.isPaused));
  return [
    ["millrace_worker_threads", "gauge", "Task threads.", each(({ threads }) => threads)],
    ["millrace_worker_tasks", "gauge", "Tasks sent, not ended.", each((each_) => each_.sentCount)],
    ["millrace_worker_active_tasks", "gauge", "Those on threads.", each((w) => w.activeCount)],
    ["millrace_worker_stored_bytes", "gauge", "Values held.", each((w) => w.storedBytes)],
    ["millrace_worker_memory_limit_bytes", "gauge", "Its limit.", each((w) => w.memoryBytesMax)],
    ["millrace_worker_paused", "gauge", "1 while it takes no tasks.", isPaused],
    ["millrace_worker_silence_seconds", "gauge", "Since it spoke last.", silence],
    ["millrace_worker_attempts_total", "counter", "Attempts that it has ended.", ended],
    ["millrace_worker_busy_seconds_total", "counter", "What these took.", seconds],
  ];
}

/** What workers have said of their processes. */
function vitalsFamilies(
  workers: readonly WorkerRecord[],
  { vitalsOf }: Watched,
): readonly Family[] {
  const each = (valueOf: (vitals: VitalsTold) => number): readonly Sample[] =>
    workers.flatMap(({ name, epoch }): Sample[] => {
      const vitals = vitalsOf(epoch);
      return vitals === undefined ? [] : [[{ worker: name }, valueOf(vitals)]];
    });
  const resident = each(({ residentBytes }) => residentBytes);
  const seconds = each(({ cpuSeconds }) => cpuSeconds);
  const disk = each(({ diskBytes }) => diskBytes);
  return [
    ["millrace_worker_resident_memory_bytes", "gauge", "Memory of its process.", resident],
    ["millrace_worker_cpu_seconds_total", "counter", "Processor time of its process.", seconds],
    ["millrace_worker_disk_bytes", "gauge", "Values on its disk only.", disk],
  ];
}

interface NamedGroup {
  readonly name: string;
  done: number;
  failed: number;
  lost: number;
  us: number;
  bytes: number;
}

/** Groups of one name are one series; those that have ended the most. */
function groupFamilies(groups: readonly CountedGroup[]): readonly Family[] {
  const byName = new Map<string, NamedGroup>();
  for (const { group } of groups) {
    const { name } = group;
    let sum = byName.get(name);
    if (sum === undefined) {
      byName.set(name, (sum = { name, done: 0, failed: 0, lost: 0, us: 0, bytes: 0 }));
    }
    sum.done += group.doneCount;
    sum.failed += group.failedCount;
    sum.lost += group.lostCount;
    sum.us += group.totalUs;
    sum.bytes += group.madeBytes;
  }
  const listed = [...byName.values()]
    .toSorted((a, b) => b.done + b.failed + b.lost - a.done - a.failed - a.lost)
    .slice(0, groupsMax);
  const ended = listed.flatMap(({ name, done, failed, lost }): Sample[] => [
    [{ group: name, outcome: "done" }, done],
    [{ group: name, outcome: "failed" }, failed],
    [{ group: name, outcome: "lost" }, lost],
  ]);
  const seconds = listed.map(({ name, us }): Sample => [{ group: name }, us / 1e6]);
  const bytes = listed.map(({ name, bytes: made }): Sample => [{ group: name }, made]);
  return [
    ["millrace_group_attempts_total", "counter", "Attempts, by what tasks do.", ended],
    ["millrace_group_seconds_total", "counter", "What these took on their threads.", seconds],
    ["millrace_group_made_bytes_total", "counter", "Bytes of values made.", bytes],
  ];
}

/** The process of the scheduler, in which others may live too. */
function processFamilies(): readonly Family[] {
  const { user, system } = process.cpuUsage();
  const { active } = performance.eventLoopUtilization();
  const residentBytes = process.memoryUsage.rss();
  return [
    [
      "millrace_scheduler_cpu_seconds_total",
      "counter",
      "Processor time of its process.",
      one((user + system) / 1e6),
    ],
    [
      "millrace_scheduler_loop_active_seconds_total",
      "counter",
      "When its thread was not waiting.",
      one(active / 1_000),
    ],
    [
      "millrace_scheduler_resident_memory_bytes",
      "gauge",
      "Memory of its process.",
      one(residentBytes),
    ],
  ];
}

function textOf([name, kind, help, samples]: Family): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
  for (const [labels, value] of samples) text += `${name}${labelsOf(labels)} ${value}\n`;
  return text;
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
