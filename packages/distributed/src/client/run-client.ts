import type {
  ExecutorOptions,
  Finished,
  Key,
  LayeredGraph,
  StreamOptions,
  TaskGraph,
} from "@millrace/graph";
import { CancelledError } from "@millrace/graph";
import type { Block } from "../codec/block.ts";
import { decodeValue } from "../codec/decode-value.ts";
import { preparationFor } from "../codec/preparation.ts";
import { SchedulerLostError } from "../errors.ts";
import type { ToClientMessage } from "../messages/client-messages.ts";
import type { ClientEvent, ClientInstruction, Location } from "./client-events.ts";
import { hear, type RunListener } from "./run-listener.ts";
import { OpenQuestions } from "./open-questions.ts";
import { ByteBudget, budgetOfCompute } from "./byte-budget.ts";
import { checkRun } from "./check-run.ts";
import { closedError } from "./client-options.ts";
import { ClientRun } from "./client-run.ts";
import { Deliveries } from "./deliveries.ts";
import { Held, HeldRun, bringForeign, graphOfHeld, heldIn } from "./held.ts";
import type { Answer, Question } from "../messages/questions.ts";
import { ClientMachine } from "./machine.ts";
import type { ClientLink } from "./client-link.ts";
import { Unwanted } from "./unwanted.ts";
import { OutputOrder, lookaheadDefault } from "./output-order.ts";
import { shipGraph } from "./ship.ts";
import { layersOf, placesAmong, settingsOf, type Submission } from "./submission.ts";

/** Runs graphs on a scheduler, and brings their values here. */
export class RunClient {
  /** Like no other client's. */
  readonly id: string = crypto.randomUUID();
  /** What one call may bring here. */
  readonly bytesMax: number;
  readonly #link: ClientLink;
  readonly #machine = new ClientMachine();
  readonly #runs = new Map<number, RunListener>();
  readonly #deliveries: Deliveries;
  readonly #forgotten = new FinalizationRegistry((run: number) => this.#release(run));
  readonly #unwanted = new Unwanted((run, outputs) =>
    this.#handle({ kind: "let-go", run, outputs }),
  );
  readonly #questions = new OpenQuestions();
  #runCount = 0;
  /** Runs that are being shipped; what is asked for meanwhile goes after them. */
  #submitting: Promise<unknown> | undefined;
  #events: ClientEvent[] = [];
  #isHandling = false;
  /** Why nothing can be run any more. */
  #lostReason: string | undefined;
  #isClosed = false;

  constructor(link: ClientLink) {
    this.#link = link;
    this.bytesMax = link.bytesMax ?? Infinity;
    this.#deliveries = new Deliveries({
      bring: (from) => link.bring(from),
      receive: (block) => this.receive(block),
      listenerOf: (run) => this.#runs.get(run),
      happened: (event) => this.#handle(event),
    });
  }

  /** The scheduler says something. */
  told(message: ToClientMessage): void {
    this.#handle({ kind: "told", message });
  }

  /** The scheduler is gone, or nothing is to be asked of it any more. */
  lost(reason: string, isClosed = false): void {
    this.#lostReason ??= reason;
    this.#isClosed ||= isClosed;
    this.#handle({ kind: "disconnected", reason });
  }

  /** The values of `keys`, in their order. */
  async run(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<unknown[]> {
    return this.#collect(graph, keys, options, budgetOfCompute(this.bytesMax));
  }

  async #collect(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
    budget: ByteBudget,
  ): Promise<unknown[]> {
    const { run, outputs } = await this.#start(graph, keys, options, { budget });
    try {
      await run.ended;
      return outputs.map((output) => run.valueOf(output));
    } finally {
      this.#release(run.number);
    }
  }

  /** The values of `keys` one by one, with bounded look-ahead. */
  async *stream(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: StreamOptions,
  ): AsyncGenerator<Finished> {
    checkRun(graph, keys, options);
    const { ordered = true, lookahead = lookaheadDefault } = options;
    const { run, outputs } = await this.#start(graph, keys, options, { lookahead });
    try {
      const order = new OutputOrder(run, outputs, ordered);
      for (let count = 0; count < keys.length; count++) {
        // Asking for the next value, the reader is done with those before.
        this.#handle({ kind: "consumed", run: run.number, count: order.doneCount });
        const index = await order.next();
        const output = outputs[index] as number;
        yield { key: keys[index] as Key, index, value: run.valueOf(output) };
        order.take(index);
      }
      await run.ended;
    } finally {
      run.fail(new CancelledError("the reader of the stream has left"));
      this.#release(run.number);
    }
  }

  /**
   * Runs `keys` and leaves their values with the workers; gives a graph whose tasks stand for them.
   */
  async persist(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<{ graph: LayeredGraph; keys: readonly Key[] }> {
    const { run, outputs } = await this.#start(graph, keys, options, { holds: true });
    await run.ended;
    const heldRun = new HeldRun(run.number);
    this.#forgotten.register(heldRun, run.number);
    const held = outputs.map(
      (output) => new Held(this, heldRun, output, () => this.fetch(heldRun, output)),
    );
    return graphOfHeld(`held-${crypto.randomUUID()}`, held);
  }

  /**
   * The value of an output that is held: from the worker that was said to have it, else by a run of
   * its own that asks for nothing else, for which it is made again where it must be.
   */
  async fetch(
    run: HeldRun,
    output: number,
    budget: ByteBudget = ByteBudget.none,
  ): Promise<unknown> {
    if (this.#isClosed) throw closedError("Future.result");
    const at = this.#machine.locationOf(run.number, output);
    if (at !== undefined) budget.take(at.bytes);
    const block = at === undefined ? undefined : await this.#lookUp(at);
    if (block !== undefined) return this.receive(block);
    const held = new Held(this, run, output, () => Promise.reject(new Error("asked of itself")));
    const { graph, keys } = graphOfHeld("fetched", [held]);
    const left = at === undefined ? budget : ByteBudget.none;
    return (await this.#collect(graph, keys, {}, left))[0];
  }

  /** The size of an output that is held; undefined where that is not known. */
  bytesOf(run: HeldRun, output: number): number | undefined {
    return this.#machine.locationOf(run.number, output)?.bytes;
  }

  /** A value that has come for this client; what is in it may be written to. */
  receive(block: Block): unknown {
    const decode = (): unknown => decodeValue(block, { copies: block.isOwn !== true });
    return this.#link.receive === undefined ? decode() : this.#link.receive(decode);
  }

  async #lookUp(at: Location): Promise<Block | undefined> {
    // A worker that is gone, or has it no more: the scheduler knows where to look next.
    const block = await (async () => this.#link.bring(at))().catch(() => undefined);
    if (block !== undefined) await preparationFor(block);
    return block;
  }

  /**
   * Runs `keys` and leaves their values with the workers; `listener` is told of each. The run is
   * let go of when nobody can reach what is given back, or by `release`.
   */
  hold(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
    listener: RunListener,
  ): HeldRun {
    const run = this.open(listener);
    if (!this.#runs.has(run.number)) return run;
    void this.#submit(run.number, graph, keys, options, { holds: true }).catch((error: unknown) =>
      listener.fail(error),
    );
    return run;
  }

  /** A run whose outputs will be values that are here; see `places`. */
  open(listener: RunListener, number: number = this.reserveRun()): HeldRun {
    const run = new HeldRun(number);
    this.#forgotten.register(run, run.number, run);
    if (!this.#isLost(listener)) this.#runs.set(run.number, listener);
    return run;
  }

  /** Asks where to put the values of such a run that are with no worker yet. */
  places(
    { number: run }: HeldRun,
    keys: readonly Key[],
    bytes: readonly number[],
  ): Promise<Answer> {
    return this.#ask((request) => ({ kind: "scattered", run, request, keys, bytes }));
  }

  /** Who listens to which run. */
  get listeners(): ReadonlyMap<number, RunListener> {
    return this.#runs;
  }

  /** A number for a run that the scheduler may make for this client. */
  reserveRun(): number {
    return this.#runCount++;
  }

  /** The scheduler makes a run for this client; `listener` is told of its outputs. */
  adopt(number: number, outputCount: number, listener: RunListener): HeldRun {
    const run = this.open(listener, number);
    this.#handle({ kind: "adopted", run: number, outputCount });
    return run;
  }

  /** Some outputs of a run that is held are wanted no longer. */
  letGo(run: HeldRun, output: number): void {
    this.#unwanted.add(run.number, output);
  }

  /** Nothing of a run that is held is wanted any more. */
  release(run: HeldRun): void {
    this.#forgotten.unregister(run);
    this.#release(run.number);
  }

  /** Tries again what has failed of it, where the scheduler knows it; its listener is told. */
  retry(run: HeldRun): void {
    this.#handle({ kind: "retried", run: run.number });
  }

  /** Asks the scheduler something. */
  ask(question: Question): Promise<Answer> {
    return this.#ask((request) => ({ kind: "questioned", request, question }));
  }

  async #ask(eventOf: (request: number) => ClientEvent): Promise<Answer> {
    if (this.#lostReason !== undefined) throw new SchedulerLostError(this.#lostReason);
    return this.#questions.open((request) => this.#handle(eventOf(request)));
  }

  async #start(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
    how: Submission,
  ): Promise<{ run: ClientRun; outputs: readonly number[] }> {
    checkRun(graph, keys, options);
    const unique = [...new Set(keys)];
    const outputs = placesAmong(unique, keys);
    const number = this.#runCount++;
    const held = how.holds === true ? unique : [];
    const run = new ClientRun(number, unique.length, options, how.budget, held);
    this.#isLost(run);
    if (run.isOver) return { run, outputs };
    this.#runs.set(number, run);
    void run.ended.catch(() => this.#release(number));
    try {
      await this.#submit(number, graph, unique, options, how);
    } catch (error) {
      run.fail(error);
      throw error;
    }
    return { run, outputs };
  }

  #isLost(listener: RunListener): boolean {
    if (this.#lostReason === undefined) return false;
    listener.fail(new SchedulerLostError(this.#lostReason));
    return true;
  }

  /**
   * Ships a run, after those that were asked for before it: it may stand for outputs of theirs. At
   * once where nothing has to be brought here first.
   */
  async #submit(
    number: number,
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
    { lookahead, holds = false }: Submission,
  ): Promise<void> {
    const layers = layersOf(graph, keys, options);
    const held = heldIn(layers);
    const isForeign = [...held].some(({ holder }) => holder !== this);
    const ask = (brought: ReadonlyMap<Held, unknown>): void => {
      const listener = this.#runs.get(number);
      if (listener === undefined) return;
      try {
        const shipped = shipGraph(layers, this, brought);
        const settings = settingsOf(options, lookahead);
        this.#handle({ kind: "asked", run: number, keys, ...shipped, settings, brings: !holds });
      } catch (error) {
        // At once, so that the next run is not shipped to stand for outputs of this one.
        listener.fail(error);
        throw error;
      }
    };
    if (!isForeign && this.#submitting === undefined) return ask(new Map());
    const before = this.#submitting;
    const { bringing, letGo } = bringForeign(held, this);
    const submitted = (async () => {
      const [brought] = await Promise.all([bringing, before]);
      ask(brought);
    })().finally(letGo);
    // Whoever asked is told; those after it only wait.
    const over = submitted.catch(() => undefined);
    this.#submitting = over;
    try {
      await submitted;
    } finally {
      if (this.#submitting === over) this.#submitting = undefined;
    }
  }

  /** Nothing of a run is wanted any more. */
  #release(run: number): void {
    this.#runs.delete(run);
    this.#deliveries.forget(run);
    this.#handle({ kind: "released", run });
  }

  /** Events may come while others are handled: they wait for their turn. */
  #handle(event: ClientEvent): void {
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      while (this.#events.length > 0) {
        const events = this.#events;
        this.#events = [];
        for (const instruction of this.#machine.handle(events)) this.#carryOut(instruction);
      }
    } finally {
      this.#isHandling = false;
    }
  }

  /** Unless that is more than whoever has asked for it may have. */
  #bring({ run, output, from }: Extract<ClientInstruction, { kind: "bring" }>): void {
    const listener = this.#runs.get(run);
    if (listener instanceof ClientRun && !listener.isComing(output, from.bytes)) return;
    this.#deliveries.bring(run, output, from);
  }

  #carryOut(instruction: ClientInstruction): void {
    switch (instruction.kind) {
      case "tell":
        this.#link.tell(instruction.message);
        return;
      case "bring":
        this.#bring(instruction);
        return;
      case "warn":
        process.emitWarning(instruction.text, {
          type: "MillraceWarning",
          code: "MILLRACE_NO_WORKERS",
        });
        return;
      case "answered":
        this.#questions.answered(instruction.request, instruction.answer);
        return;
      case "unanswered":
        this.#questions.unanswered(instruction.request, instruction.reason);
        return;
      case "finished":
      case "failed":
      case "retried":
      case "rejected":
      case "lost":
      case "progressed":
      case "attempted": {
        const listener = this.#runs.get(instruction.run);
        if (listener !== undefined) hear(listener, instruction, this.#isClosed);
      }
    }
  }
}
