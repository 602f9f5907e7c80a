import type { WebSocket } from "ws";
import type { Hello } from "../../wire/greeting.ts";

/** Whose connection gives no sign of life for so long when asked is not there any more. */
const answerMsDefault = 5_000;

/** A worker that has something. */
interface Holder {
  readonly socket: WebSocket;
  readonly instance: string | undefined;
  /** Which of its greetings this was. */
  readonly attempt: number;
}

/** Who wants it: a process, which comes back by a later greeting. */
type Claimant = Pick<Hello, "instance" | "attempt">;

/**
 * The names of the workers that are connected, or their addresses. Each is that of one worker:
 * results, logs and `workers` of a task go by its name, who wants its values goes by its address.
 */
export class Claims {
  readonly #holders = new Map<string, Holder>();
  readonly #answerMs: number;

  constructor(answerMs: number = answerMsDefault) {
    this.#answerMs = answerMs;
  }

  /**
   * Gives a name to a worker, for as long as its socket is open; false where another one has it and
   * is alive. One that comes back takes the place of what is left of its old connection.
   */
  async take(
    name: string,
    { instance, attempt = 0 }: Claimant,
    socket: WebSocket,
  ): Promise<boolean> {
    for (;;) {
      const holder = this.#holders.get(name);
      if (holder === undefined) break;
      const isOfHolder = instance !== undefined && holder.instance === instance;
      // What was said before is said by somebody who has heard it.
      if (isOfHolder && attempt <= holder.attempt) return false;
      if (!isOfHolder && (await isAlive(holder.socket, this.#answerMs))) return false;
      // Somebody else may have taken it meanwhile.
      if (this.#holders.get(name) === holder) this.#holders.delete(name);
      await terminated(holder.socket);
    }
    const holder = { socket, instance, attempt };
    this.#holders.set(name, holder);
    socket.once("close", () => {
      if (this.#holders.get(name) === holder) this.#holders.delete(name);
    });
    return true;
  }
}

/** Ends a connection, and waits until whoever listens to it has been told of all that came. */
async function terminated(socket: WebSocket): Promise<void> {
  socket.terminate();
  if (socket.readyState === socket.CLOSED) return;
  // An error of what was on its way is no concern of who waits here.
  await new Promise((resolve) => socket.once("close", resolve));
}

/** A connection that looks open may be one that broke without a word. */
function isAlive(socket: WebSocket, answerMs: number): Promise<boolean> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (is: boolean): void => {
      clearTimeout(timer);
      socket.off("pong", answered).off("close", closed);
      resolve(is);
    };
    const answered = (): void => end(true);
    const closed = (): void => end(false);
    const timer = setTimeout(closed, answerMs).unref();
    socket.on("pong", answered).on("close", closed);
    socket.ping();
  });
}
