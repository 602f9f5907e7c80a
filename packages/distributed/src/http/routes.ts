import {
  clusterOf,
  eventsOf,
  groupsOf,
  limitMax,
  pageParameters,
  ringParameters,
  runsOf,
  storiesOf,
  storyOf,
  tasksOf,
  taskStreamOf,
  workersOf,
} from "./answers.ts";
import type { ApiLogs } from "./api.ts";
import { metricsOf, metricsType } from "./metrics.ts";
import { pageOf, pagePolicy } from "./page.ts";
import type { Query } from "./query.ts";
import type { Answer } from "./response.ts";
import { jsonAnswer } from "./response.ts";
import { LogsError } from "./watched.ts";
import type { Watched } from "./watched.ts";

/** What is found at a path. */
export interface Route {
  /** Parameters that it takes. */
  readonly parameters: readonly string[];
  readonly answer: (
    watched: Watched,
    query: Query,
    pause: () => Promise<void>,
  ) => Answer | Promise<Answer>;
}

/** All that those are shown who may come in. */
export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/", { parameters: ["token"], answer: htmlOf }],
  ["/metrics", { parameters: [], answer: metricsAnswer }],
  ["/api/v1/cluster", json([], clusterOf)],
  ["/api/v1/workers", json(pageParameters, workersOf)],
  ["/api/v1/runs", json(pageParameters, runsOf)],
  ["/api/v1/tasks", json([...pageParameters, "run", "state"], tasksOf)],
  ["/api/v1/groups", json(pageParameters, groupsOf)],
  ["/api/v1/events", json(ringParameters, eventsOf)],
  ["/api/v1/task-stream", json(ringParameters, taskStreamOf)],
  ["/api/v1/stories", json(ringParameters, storiesOf)],
  ["/api/v1/story", json(["key", "limit"], storyOf)],
  ["/api/v1/logs", { parameters: ["worker", "limit"], answer: logsAnswer }],
]);

function json(
  parameters: readonly string[],
  bodyOf: (watched: Watched, query: Query, pause: () => Promise<void>) => object | Promise<object>,
): Route {
  return {
    parameters,
    answer: async (...asked) => jsonAnswer(200, await bodyOf(...asked)),
  };
}

function htmlOf(watched: Watched): Answer {
  const headers = { "Content-Security-Policy": pagePolicy };
  return { status: 200, type: "text/html; charset=utf-8", body: pageOf(watched), headers };
}

function metricsAnswer(watched: Watched): Answer {
  return { status: 200, type: metricsType, body: metricsOf(watched) };
}

async function logsAnswer(watched: Watched, query: Query): Promise<Answer> {
  const limit = query.whole("limit", limitMax) ?? limitMax;
  const name = query.text("worker");
  if (name === undefined) return logs({ worker: null, lines: watched.ownLines(limit) });
  const worker = watched.view.workerNamed(name);
  if (worker === undefined) return jsonAnswer(404, { error: "there is no worker of this name" });
  try {
    return logs({ worker: name, lines: await watched.linesOf(worker.epoch, limit) });
  } catch (error) {
    if (!(error instanceof LogsError)) throw error;
    return jsonAnswer(504, { error: error.message });
  }
}

function logs(answer: ApiLogs): Answer {
  return jsonAnswer(200, answer);
}
