import { get } from "node:http";
import { get as getSecurely } from "node:https";
import type { FoundScheduler, SchedulerStatus } from "@millrace/distributed/command";
import {
  DistributedError,
  addressOf,
  createLog,
  escapeControls,
  findScheduler,
  tlsOptions,
} from "@millrace/distributed/command";
import { Command } from "commander";
import { addSettings, settingsOf } from "./options.ts";
import type { World } from "./world.ts";

const ANSWER_MS = 10_000;
const ANSWER_BYTES_MAX = 2 ** 24;
const MIB = 2 ** 20;

/** `millrace status`: which workers a scheduler has. */
export function statusCommand(world: World): Command {
  const command = new Command("status")
    .description("Show the workers of a scheduler.")
    .argument("[url]", "the address of the scheduler, such as ws://127.0.0.1:8786");
  addSettings(command, ["schedulerFile", "token", "tlsCa", "tlsCert", "tlsKey", "json"]);
  return command.action(async (url: string | undefined) => {
    const { settings, isTyped } = await settingsOf(command);
    const log = createLog({ write: world.err, json: settings.json ?? false });
    const typed = { url, isFileTyped: isTyped("schedulerFile") };
    const scheduler = await findScheduler(settings, typed, (message) => log.warn(message));
    await addressOf("scheduler", scheduler.host);
    const status = await askStatus(scheduler);
    world.out(settings.json === true ? `${JSON.stringify(status)}\n` : textOf(status));
  });
}

async function askStatus(scheduler: FoundScheduler): Promise<SchedulerStatus> {
  const { url } = scheduler;
  let answer: Answer;
  try {
    answer = await ask(scheduler);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DistributedError(
      "distributed/unreachable",
      `status: no scheduler answers, got ${code ?? message} from ${url}, wanted an answer. Start one ` +
        "with 'millrace scheduler', or correct the address.",
      { cause: error },
    );
  }
  const { status, text } = answer;
  if (status === 200) {
    const value = jsonIn(text);
    if (value !== undefined) return value;
  }
  if (status === 401 || status === 403) {
    const reason = /"error":"([^"]*)"/.exec(text)?.[1] ?? `the answer ${status}`;
    throw new DistributedError(
      "distributed/refused",
      `status: the scheduler at ${url} lets nobody in without the right to it, got "${reason}", ` +
        "wanted a welcome. Give its token and certificates.",
    );
  }
  throw new DistributedError(
    "distributed/unreachable",
    `status: what listens at ${url} is no scheduler, got the answer ${status}, wanted its status. ` +
      "Correct the address.",
  );
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask({ url, token, tls }: FoundScheduler): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (tls === undefined ? get : getSecurely)(
      `${url.replace(/^ws/, "http")}/api/v1/status`,
      {
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(tls === undefined ? {} : tlsOptions(tls)),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > ANSWER_BYTES_MAX) request.destroy(new Error("an endless answer"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
  });
}

/** Something else may listen there and answer in JSON too. */
function jsonIn(text: string): SchedulerStatus | undefined {
  try {
    const value = JSON.parse(text) as Partial<SchedulerStatus> | null;
    return Array.isArray(value?.workers) ? (value as SchedulerStatus) : undefined;
  } catch {
    // No JSON, so no scheduler of ours.
    return undefined;
  }
}

function textOf({ url, version, upSeconds, clientCount, workers }: SchedulerStatus): string {
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const head =
    `scheduler ${version} at ${url}, up ${upSeconds} s: ${workers.length} workers, ` +
    `${threads} threads, ${clientCount} clients`;
  const lines = workers.map((worker) => {
    const amounts = Object.entries(worker.resources).map(([name, amount]) => `${name}=${amount}`);
    const memory = `${Math.round(worker.memoryBytesMax / MIB)} MiB`;
    return ["  " + worker.name, `${worker.threads} threads`, memory, ...amounts].join("  ");
  });
  return `${[head, ...lines].map(escapeControls).join("\n")}\n`;
}
