import type { ToClientMessage } from "../messages/client-messages.ts";
import type { Rows } from "../messages/rows.ts";
import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";
import type { ClientEvent, ClientInstruction, Counts, Location } from "./client-events.ts";
import { OutputTable, coming, failed, open, there } from "./output-table.ts";

/** A run that this client wants something of. */
interface ClientRun {
  readonly brings: boolean;
  readonly functions: readonly ShippedFunction[];
  readonly outputs: OutputTable;
  /** Outputs that the scheduler need not keep, of which it has not been told. */
  unwanted: number[];
  /** The scheduler has said that it knows the run. */
  isKnown: boolean;
  total: number;
  /** How often it was tried again. */
  round: number;
}

const noFunctions: readonly ShippedFunction[] = Object.freeze([]);

/**
 * A client: events in, instructions out. It says each function once, brings values of finished
 * outputs here, from elsewhere when they had to be computed anew, and releases what is here.
 */
export class ClientMachine {
  readonly #runs = new Map<number, ClientRun>();
  /** Functions that the scheduler has been sent on this connection. */
  readonly #sent = new Set<FunctionName>();
  /** Runs of which outputs are here that the scheduler need not keep. */
  readonly #toRelease = new Set<number>();
  /** Requests that have no answer yet. */
  readonly #questions = new Set<number>();
  #instructions: ClientInstruction[] = [];

  /** Takes events; gives what is to be done, in this order. */
  handle(events: readonly ClientEvent[]): readonly ClientInstruction[] {
    for (const event of events) this.#take(event);
    for (const run of this.#toRelease) this.#release(run);
    this.#toRelease.clear();
    const instructions = this.#instructions;
    this.#instructions = [];
    return instructions;
  }

  #take(event: ClientEvent): void {
    switch (event.kind) {
      case "connected":
        return;
      case "disconnected":
        this.#disconnected(event.reason);
        return;
      case "told":
        this.#told(event.message);
        return;
      case "asked":
        this.#asked(event);
        return;
      case "brought":
        this.#brought(event.run, event.output);
        return;
      case "not-brought":
        this.#notBrought(event);
        return;
      case "given-up": {
        const outputs = this.#runs.get(event.run)?.outputs;
        if (outputs?.stateOf(event.output) === coming) outputs.become(event.output, failed);
        return;
      }
      case "consumed": {
        const { run, count } = event;
        if (this.#runs.has(run)) this.#tell({ kind: "advance", run, consumed: count });
        return;
      }
      case "retried":
        this.#retried(event.run);
        return;
      case "let-go":
        this.#runs.get(event.run)?.unwanted.push(...event.outputs);
        this.#toRelease.add(event.run);
        return;
      case "scattered": {
        const { run, request, keys, bytes } = event;
        if (!this.#runs.has(run)) {
          const outputs = new OutputTable(keys.length);
          // The scheduler knows it with the answer; nothing of it is released before.
          const counts = { total: 0, round: 0, isKnown: true };
          this.#runs.set(run, { brings: false, functions: [], outputs, unwanted: [], ...counts });
        }
        this.#questions.add(request);
        this.#tell({ kind: "ask", request, question: { kind: "scatter", run, keys, bytes } });
        return;
      }
      case "questioned": {
        const { request, question } = event;
        this.#questions.add(request);
        this.#tell({ kind: "ask", request, question });
        return;
      }
      case "adopted":
        this.#expect(event.run, event.outputCount, false, noFunctions);
        return;
      case "released":
        if (this.#runs.delete(event.run)) {
          this.#tell({ kind: "release", run: event.run, outputs: undefined });
        }
        return;
    }
  }

  #tell(message: Extract<ClientInstruction, { kind: "tell" }>["message"]): void {
    this.#instructions.push({ kind: "tell", message });
  }

  #asked({
    run,
    graph,
    keys,
    functions,
    holds,
    settings,
    brings,
  }: Extract<ClientEvent, { kind: "asked" }>): void {
    this.#expect(run, keys.length, brings, functions);
    const news = functions.filter(({ name }) => !this.#sent.has(name));
    for (const { name } of news) this.#sent.add(name);
    this.#tell({ kind: "submit", run, graph, keys, functions: news, holds, settings });
  }

  /** The scheduler will tell of a run. */
  #expect(
    run: number,
    outputCount: number,
    brings: boolean,
    functions: readonly ShippedFunction[],
  ): void {
    const outputs = new OutputTable(outputCount);
    this.#runs.set(run, {
      brings,
      functions,
      outputs,
      unwanted: [],
      isKnown: false,
      total: 0,
      round: 0,
    });
  }

  #told(message: ToClientMessage): void {
    if (message.kind === "answer") {
      if (this.#questions.delete(message.request)) this.#instructions.push(toAnswered(message));
      return;
    }
    if (message.kind === "warned") {
      this.#instructions.push({ kind: "warn", text: message.text });
      return;
    }
    const run = this.#runs.get(message.run);
    // What comes of a run that was released is late, and nothing.
    if (run === undefined) return;
    switch (message.kind) {
      case "accepted":
        run.isKnown = true;
        run.total = message.tasks;
        if (run.unwanted.length > 0) this.#toRelease.add(message.run);
        this.#progressed(message.run, run, { done: 0, running: 0, retried: 0 });
        return;
      case "rejected":
        this.#runs.delete(message.run);
        this.#instructions.push({ kind: "rejected", run: message.run, error: message.error });
        return;
      case "need": {
        const names = new Set(message.functions);
        this.#tell({
          kind: "supply",
          functions: run.functions.filter(({ name }) => names.has(name)),
        });
        return;
      }
      case "finished":
        this.#finished(message.run, run, message.rows);
        return;
      case "failed":
        this.#failed(message, run);
        return;
      case "progress":
        this.#progressed(message.run, run, message);
        return;
      case "attempts":
        this.#instructions.push({
          kind: "attempted",
          run: message.run,
          attempts: message.attempts,
        });
        return;
    }
  }

  #progressed(
    number: number,
    { total }: ClientRun,
    { done, running, retried }: Omit<Counts, "total">,
  ): void {
    const counts = { done, total, running, retried };
    this.#instructions.push({ kind: "progressed", run: number, counts });
  }

  /** The outputs of rows are somewhere, perhaps not for the first time. */
  #finished(number: number, run: ClientRun, rows: Rows): void {
    const { brings, outputs } = run;
    const news: number[] = [];
    for (let n = 0; n < rows.length; n += 5) {
      const output = rows[n] as number;
      const state = outputs.stateOf(output);
      if (state === undefined || (brings && state === there)) continue;
      outputs.place(output, rows, n);
      if (!brings) {
        outputs.become(output, there);
        news.push(output);
      } else if (state === open) this.#bring(number, output, outputs);
    }
    if (news.length > 0) this.#instructions.push({ kind: "finished", run: number, outputs: news });
  }

  #bring(run: number, output: number, outputs: OutputTable): void {
    outputs.become(output, coming);
    const from = outputs.placeOf(output) as Location;
    this.#instructions.push({ kind: "bring", run, output, from });
  }

  #brought(number: number, output: number): void {
    const run = this.#runs.get(number);
    if (run?.outputs.stateOf(output) !== coming) return;
    run.outputs.become(output, there);
    run.outputs.displace(output);
    run.unwanted.push(output);
    this.#toRelease.add(number);
  }

  #release(number: number): void {
    const run = this.#runs.get(number);
    // Of single outputs of a run that is on its way the scheduler knows nothing yet.
    if (run?.isKnown !== true) return;
    this.#tell({ kind: "release", run: number, outputs: run.unwanted });
    run.unwanted = [];
  }

  /**
   * The value may have been computed anew meanwhile. If not, the scheduler is told, who may know
   * nothing of it where only this client cannot reach the worker; it will say where to look next.
   */
  #notBrought({ run, output, from }: Extract<ClientEvent, { kind: "not-brought" }>): void {
    const outputs = this.#runs.get(run)?.outputs;
    if (outputs?.stateOf(output) !== coming) return;
    const at = outputs.placeOf(output);
    const isNews = at !== undefined && (at.worker !== from.worker || at.version !== from.version);
    if (isNews) {
      this.#bring(run, output, outputs);
      return;
    }
    outputs.become(output, open);
    const { task, version, worker } = from;
    this.#tell({ kind: "missing", run, output, task, version, worker });
  }

  #failed(
    { run: number, round, outputs, failure }: Extract<ToClientMessage, { kind: "failed" }>,
    run: ClientRun,
  ): void {
    // It was on its way when these tasks were tried again: what comes of that is yet to be told.
    if (round < run.round) return;
    // What was brought here is here; what stays with the workers can be lost there.
    const news = outputs.filter((n) => !(run.brings && run.outputs.stateOf(n) === there));
    for (const output of news) run.outputs.become(output, failed);
    this.#instructions.push({ kind: "failed", run: number, outputs: news, failure });
  }

  #retried(number: number): void {
    const run = this.#runs.get(number);
    // Where nothing is known to have failed the scheduler may not know the run yet.
    const outputs = run?.outputs.in(failed) ?? [];
    if (run === undefined || outputs.length === 0) return;
    this.#instructions.push({ kind: "retried", run: number, outputs });
    run.round++;
    for (const output of outputs) run.outputs.become(output, open);
    this.#tell({ kind: "retry", run: number, round: run.round });
  }

  /** The scheduler forgets a client that it does not hear, and all its runs. */
  #disconnected(reason: string): void {
    for (const run of this.#runs.keys()) this.#instructions.push({ kind: "lost", run, reason });
    this.#runs.clear();
    for (const request of this.#questions) {
      this.#instructions.push({ kind: "unanswered", request, reason });
    }
    this.#questions.clear();
    this.#sent.clear();
    this.#toRelease.clear();
    // Whatever is said now is said on a new connection, which knows nothing of these runs.
    this.#instructions = this.#instructions.filter(({ kind }) => kind !== "tell");
  }

  /** Checks what must hold between two events, and throws at what does not. For tests. */
  validate(): void {
    for (const [number, { brings, unwanted, isKnown, outputs }] of this.#runs) {
      if (unwanted.length > 0 && isKnown)
        throw new Error(`run ${number}: outputs that nobody releases`);
      for (let output = 0; output < outputs.count; output++) {
        const state = outputs.stateOf(output);
        const isSomewhere = state === (brings ? coming : there);
        const isPlaced = outputs.placeOf(output) !== undefined;
        const isRight = (brings || state !== coming) && (!isSomewhere || isPlaced);
        if (!isRight) throw new Error(`output ${output} of run ${number} is ${state}`);
      }
    }
  }

  /** Where an output is, as far as is known; undefined where its value is nowhere, or here. */
  locationOf(run: number, output: number): Location | undefined {
    const outputs = this.#runs.get(run)?.outputs;
    return outputs?.stateOf(output) === there ? outputs.placeOf(output) : undefined;
  }

  /** How many runs it knows. For tests. */
  get runCount(): number {
    return this.#runs.size;
  }
}

function toAnswered({
  request,
  answer,
}: Extract<ToClientMessage, { kind: "answer" }>): ClientInstruction {
  return { kind: "answered", request, answer };
}
