import type { Peer } from "../messages/worker-messages.ts";
import type { Want } from "./worker-events.ts";
import type { Value } from "./worker-state.ts";

/** Limits on what is fetched at the same time. */
export interface FetchLimits {
  /** Peers that are asked at the same time; each is asked one thing at a time. */
  readonly peersMax: number;
  /** Bytes in one answer, unless one value alone is larger. */
  readonly answerBytesMax: number;
  /** Bytes in all answers that are on their way, unless nothing else is. */
  readonly bytesMax: number;
}

/** A value that is wanted from peers. */
export interface Wanted {
  readonly want: Want;
  /** What waits for it. */
  readonly value: Value;
  /** Those that may have it, in the order to ask them. */
  readonly holders: readonly Peer[];
  /** How often somebody was asked. */
  askedCount: number;
  /** Peers that have answered that they have it not. */
  readonly without: Set<number>;
  /** Nobody here wants it any more. */
  isDropped: boolean;
}

interface PeerQueue {
  readonly peer: Peer;
  wanted: Wanted[];
  /**
   * The number of the question that it is being asked now, and for what; -1 where there is none.
   */
  question: number;
  asked: readonly Wanted[];
}

/** What a peer is to be asked. */
export interface Question {
  readonly question: number;
  readonly peer: Peer;
  readonly wants: readonly Want[];
}

/** What came of a question; nothing of what nobody wants any more. */
export interface FetchAnswer {
  readonly peer: number;
  readonly came: readonly Wanted[];
  /** What the peer did not give. */
  readonly denied: readonly Wanted[];
  /** What nobody else is left to be asked for. */
  readonly lost: readonly Wanted[];
}

/** Peers that could not be asked are asked once more, after all others. */
const roundsMax = 2;

/**
 * Gets values from peers: a few peers at a time, each for many values at once, nearer ones first.
 * Pure: it says what to ask, and is told what came of it.
 */
export class Fetching {
  readonly #limits: FetchLimits;
  readonly #host: string;
  readonly #queues = new Map<number, PeerQueue>();
  /** The peers that are being asked, by the number of the question. */
  readonly #asking = new Map<number, PeerQueue>();
  #questions = 0;
  #bytes = 0;

  constructor(host: string, limits: FetchLimits) {
    this.#host = host;
    this.#limits = limits;
  }

  /** Bytes of the values that peers are being asked for, as far as they are known. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /** Wants a value from one of its holders, of which there must be one. */
  want(value: Value, want: Want, peers: readonly Peer[]): Wanted {
    const holders = peers.toSorted((a, b) => this.#distance(a) - this.#distance(b));
    const without = new Set<number>();
    const wanted = { want, value, holders, askedCount: 0, without, isDropped: false };
    this.#ask(wanted);
    return wanted;
  }

  /** Peers on this machine first, then those that have the least to answer. */
  #distance({ host, worker }: Peer): number {
    const queue = this.#queues.get(worker);
    return (host === this.#host ? 0 : 1e9) + (queue === undefined ? 0 : queue.wanted.length);
  }

  /** Puts a value into the queue of the next peer to be asked; false where there is none. */
  #ask(wanted: Wanted): boolean {
    const { holders, without } = wanted;
    while (wanted.askedCount < holders.length * roundsMax) {
      const peer = holders[wanted.askedCount++ % holders.length] as Peer;
      if (without.has(peer.worker)) continue;
      let queue = this.#queues.get(peer.worker);
      if (queue === undefined) {
        queue = { peer, wanted: [], question: -1, asked: [] };
        this.#queues.set(peer.worker, queue);
      }
      queue.wanted.push(wanted);
      return true;
    }
    return false;
  }

  /**
   * A question was answered: gives what came, what the peer has not, and what of that nobody else
   * is left to be asked for.
   */
  answered(question: number, missing: readonly Want[]): FetchAnswer {
    const peer = this.#asking.get(question)?.peer.worker ?? -1;
    const asked = this.#end(question);
    const lacking = new Set(missing);
    const came = asked.filter(({ want }) => !lacking.has(want));
    const others = asked.filter(({ want }) => lacking.has(want));
    for (const { without } of others) without.add(peer);
    return { peer, came, denied: others, lost: others.filter((wanted) => !this.#ask(wanted)) };
  }

  /** A question got no answer: gives what was asked, and what nobody else can be asked for. */
  failed(question: number): Omit<FetchAnswer, "came"> {
    const peer = this.#asking.get(question)?.peer.worker ?? -1;
    const asked = this.#end(question);
    return { peer, denied: asked, lost: asked.filter((wanted) => !this.#ask(wanted)) };
  }

  /** What was asked and is still wanted; nothing where the question is not known any more. */
  #end(question: number): readonly Wanted[] {
    const queue = this.#asking.get(question);
    if (queue === undefined) return [];
    this.#asking.delete(question);
    const { asked } = queue;
    queue.question = -1;
    queue.asked = [];
    for (const { want } of asked) this.#bytes -= want.bytes;
    if (queue.wanted.length === 0) this.#queues.delete(queue.peer.worker);
    return asked.filter(({ isDropped }) => !isDropped);
  }

  /** What to ask now: at most one question for each peer that is not being asked. */
  questions(): readonly Question[] {
    const questions: Question[] = [];
    for (const queue of this.#queues.values()) {
      if (this.#asking.size >= this.#limits.peersMax) break;
      if (queue.question >= 0) continue;
      queue.wanted = queue.wanted.filter(({ isDropped }) => !isDropped);
      const asked = this.#take(queue);
      if (asked.length > 0) {
        const { question, peer } = queue;
        questions.push({ question, peer, wants: asked.map(({ want }) => want) });
      } else if (queue.wanted.length === 0) this.#queues.delete(queue.peer.worker);
    }
    return questions;
  }

  /** Takes from the front of a queue as much as the limits allow; a large value goes alone. */
  #take(queue: PeerQueue): readonly Wanted[] {
    const { answerBytesMax, bytesMax } = this.#limits;
    let bytes = 0;
    let count = 0;
    for (const { want } of queue.wanted) {
      const isFirst = count === 0;
      if (!isFirst && bytes + want.bytes > answerBytesMax) break;
      if (this.#bytes + bytes + want.bytes > bytesMax && this.#bytes + bytes > 0) break;
      bytes += want.bytes;
      count++;
    }
    if (count === 0) return [];
    queue.asked = queue.wanted.splice(0, count);
    queue.question = this.#questions++;
    this.#asking.set(queue.question, queue);
    this.#bytes += bytes;
    return queue.asked;
  }

  /** Checks that counts and limits hold; for tests. */
  validate(): void {
    const { peersMax, answerBytesMax, bytesMax } = this.#limits;
    let all = 0;
    let count = 0;
    for (const { question, asked } of this.#asking.values()) {
      const bytes = asked.reduce((sum, { want }) => sum + want.bytes, 0);
      const isRight = this.#asking.get(question)?.asked === asked && asked.length > 0;
      if (!isRight) throw new Error(`question ${question} is not asked`);
      if (bytes > answerBytesMax && asked.length > 1) throw new Error("one answer is too long");
      all += bytes;
      count += asked.length;
    }
    if (all !== this.#bytes) throw new Error(`${this.#bytes} bytes in flight, not ${all}`);
    if (all > bytesMax && count > 1) throw new Error("too many bytes in flight");
    if (this.#asking.size > peersMax) throw new Error("too many peers are asked");
  }
}
