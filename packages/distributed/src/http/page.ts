import { createHash } from "node:crypto";
import { escapeControls } from "../log.ts";
import type { JournalKind } from "../scheduler/journal.ts";
import { stateNames } from "../scheduler/states.ts";
import { clusterOf, groupOf, runOf, workerOf } from "./answers.ts";
import type { ApiCluster, ApiEvent, ApiGroup, ApiRun, ApiWorker } from "./api.ts";
import type { Watched } from "./watched.ts";

/** Rows of a table of the page; the API has all. */
const rowsMax = 25;
const refreshSeconds = 5;

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
h2 { font-size: 1rem; margin: 2rem 0 .4rem; }
p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8884; }
th { font-weight: 600; }
td { overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
.muted { opacity: .7; }
`;

const styleHash = createHash("sha256").update(style).digest("base64");

/** What the page may load: nothing but its own style. */
export const pagePolicy: string =
  `default-src 'none'; style-src 'sha256-${styleHash}'; ` +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The page of a scheduler: what there is and what happened last, as plain tables. */
export function pageOf(watched: Watched): string {
  const { view } = watched;
  const { wall } = watched;
  const cluster = clusterOf(watched);
  const workers = view.workers.map((worker) => workerOf(worker, watched));
  const groups = view.groups
    .map(groupOf)
    .filter(({ doneCount, failedCount, lostCount, tasks }) =>
      [doneCount, failedCount, lostCount, ...Object.values(tasks)].some((count) => count > 0),
    )
    .toSorted((a, b) => b.totalSeconds - a.totalSeconds);
  const runs = view.runs.slice(-rowsMax).toReversed();
  const told = view.journal(0, Infinity).entries.filter(({ kind }) => !shownElsewhere.has(kind));
  const events = told
    .slice(-rowsMax)
    .toReversed()
    .map((entry) => ({ ...entry, atMs: wall(entry.atMs) }));
  return documentOf(
    "Millrace scheduler",
    `<h1>Millrace scheduler</h1>
${headline(cluster)}
${section(
  "Tasks",
  [...stateNames, "attempts done", "failed", "lost"],
  [
    [
      ...stateNames.map((state) => num(cluster.tasks[state])),
      num(cluster.attempts.done),
      num(cluster.attempts.failed),
      num(cluster.attempts.lost),
    ],
  ],
  1,
)}
${section("Workers", workerHead, workers.slice(0, rowsMax).map(workerRow), workers.length)}
${section("Groups of tasks", groupHead, groups.slice(0, rowsMax).map(groupRow), groups.length)}
${section(
  "Runs, the newest first",
  runHead,
  runs.map((run) => runRow(runOf(run, view, wall))),
  cluster.runCount,
)}
${section("What happened, the latest first", eventHead, events.map(eventRow), told.length)}`,
    refreshSeconds,
  );
}

/** What is listed as runs that are here, or counted; it would push out what is seldom. */
const shownElsewhere: ReadonlySet<JournalKind> = new Set(["run-accepted", "run-ended"] as const);

function headline(cluster: ApiCluster): string {
  const { url, version, node, startedMs, nowMs, storedBytes, memoryBytesMax } = cluster;
  const upSeconds = (nowMs - startedMs) / 1_000;
  const from = [text(url), `version ${text(version)}`, `node ${text(node)}`];
  const counts = [
    `workers: ${cluster.workerCount}`,
    `threads: ${cluster.threadCount}`,
    `clients: ${cluster.clientCount}`,
    `runs: ${cluster.runCount}`,
    `held: ${bytes(storedBytes)} of ${bytes(memoryBytesMax)}`,
  ];
  return `<p class="muted">${from.join(" · ")} · up for ${duration(upSeconds)}</p>
<p>${counts.join(" · ")}</p>`;
}

/** What a browser is shown that was not let in. */
export function strangerPage(): string {
  return documentOf(
    "Millrace scheduler",
    `<h1>Millrace scheduler</h1>
<p>This page opens by a link that can be used once, for 15 minutes.</p>
<p>A client gives one: <code>client.pageUrl()</code>.</p>`,
    undefined,
  );
}

function documentOf(title: string, body: string, refresh: number | undefined): string {
  const meta = refresh === undefined ? "" : `<meta http-equiv="refresh" content="${refresh}">\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${meta}<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Markup of one cell: nothing but `text`, `num` and the like make it. */
type Cell = { readonly markup: string; readonly isNumber: boolean };

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  count: number,
): string {
  const all = count > rows.length ? ` (${rows.length} of ${count})` : "";
  if (rows.length === 0) return `<h2>${text(title)}</h2>\n<p class="muted">none</p>`;
  const isNumber = rows[0]?.map((cell) => cell.isNumber) ?? [];
  const heads = head.map((name, n) => tag("th", text(name), isNumber[n] === true, ' scope="col"'));
  const lines = rows.map((row) =>
    row.map((cell) => tag("td", cell.markup, cell.isNumber, "")).join(""),
  );
  return `<h2>${text(title)}${all}</h2>
<table>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>
${lines.map((line) => `<tr>${line}</tr>`).join("\n")}
</tbody>
</table>`;
}

function tag(name: string, markup: string, isNumber: boolean, attributes: string): string {
  return `<${name}${attributes}${isNumber ? ' class="n"' : ""}>${markup}</${name}>`;
}

const workerHead = [
  "name",
  "status",
  "threads",
  "tasks",
  "held",
  "process",
  "limit",
  "done",
  "failed",
  "busy",
];

function workerRow(worker: ApiWorker): readonly Cell[] {
  return [
    cell(worker.name),
    cell(worker.status),
    num(worker.threads),
    num(worker.sentCount),
    { markup: bytes(worker.storedBytes), isNumber: true },
    { markup: worker.process === null ? "" : bytes(worker.process.residentBytes), isNumber: true },
    { markup: bytes(worker.memoryBytesMax), isNumber: true },
    num(worker.doneCount),
    num(worker.failedCount),
    { markup: duration(worker.busySeconds), isNumber: true },
  ];
}

const groupHead = ["name", "open", "in memory", "done", "failed", "lost", "total", "mean", "made"];

function groupRow({ tasks, ...group }: ApiGroup): readonly Cell[] {
  const { waiting, parked, queued, processing } = tasks;
  return [
    cell(group.name),
    num(waiting + parked + queued + processing),
    num(tasks.memory),
    num(group.doneCount),
    num(group.failedCount),
    num(group.lostCount),
    { markup: duration(group.totalSeconds), isNumber: true },
    { markup: group.meanSeconds === null ? "" : duration(group.meanSeconds), isNumber: true },
    { markup: bytes(group.madeBytes), isNumber: true },
  ];
}

const runHead = ["run", "client", "status", "tasks", "open", "in memory", "failed", "started"];

function runRow({ tasks, ...run }: ApiRun): readonly Cell[] {
  const { waiting, parked, queued, processing } = tasks;
  return [
    num(run.run),
    cell(run.client),
    cell(run.status),
    num(run.taskCount),
    num(waiting + parked + queued + processing),
    num(tasks.memory),
    num(tasks.erred),
    cell(time(run.startedMs)),
  ];
}

const eventHead = ["time", "what", "facts"];

function eventRow({ number: _number, atMs, kind, ...facts }: ApiEvent): readonly Cell[] {
  const told = Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`);
  return [cell(time(atMs)), cell(kind), cell(told.join(" · "))];
}

function cell(value: string): Cell {
  return { markup: text(value), isNumber: false };
}

function num(value: number): Cell {
  return { markup: value.toLocaleString("en"), isNumber: true };
}

const marks: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as text: no markup, and nothing that is not shown or turns lines round. */
function text(value: string): string {
  return escapeControls(value).replace(/[&<>"']/g, (mark) => marks[mark] as string);
}

function time(atMs: number): string {
  return new Date(atMs).toISOString().replace("T", " ").slice(0, 23);
}

function duration(seconds: number): string {
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

function bytes(count: number): string {
  let unit = 0;
  for (; count >= 1_024 && unit < units.length - 1; unit++) count /= 1_024;
  return `${count.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}
