import type { MessagePort } from "node:worker_threads";
import type { WebSocket } from "ws";
import type { FromPort, PortAnswer, ToPort } from "../../client/port/port-messages.ts";
import type { DataClient } from "../../wire/data/data-client.ts";
import type { SchedulerAddress } from "../../wire/dial.ts";
import { reach } from "../../wire/dial.ts";
import { takeEarlyFrames } from "../../wire/early-frames.ts";

/** So long a scheduler is looked for that has just sent the task which asks. */
const reachMs = 10_000;
const goingAway = 1_001;

/** How values of workers come and go. */
type DataPlane = Pick<DataClient, "fetch" | "push">;

/**
 * Connects a task thread to a scheduler as a client: frames pass through here as they are, values
 * are fetched by this thread. What lets in is not told to the task.
 */
export async function relayClient(
  port: MessagePort,
  address: SchedulerAddress,
  name: string,
  data: DataPlane,
): Promise<void> {
  const left = new AbortController();
  port.once("close", () => left.abort());
  let socket: WebSocket;
  try {
    const hello = { role: "client", isOfTasks: true, name } as const;
    ({ socket } = await reach(address, hello, reachMs, { signal: left.signal }));
  } catch (error) {
    refuseClient(port, (error as Error).message);
    return;
  }
  if (left.signal.aborted) {
    socket.terminate();
    return;
  }
  say(port, { kind: "connected", name });
  relay(port, socket, data);
  socket.resume();
}

/** Says that there will be no client. */
export function refuseClient(port: MessagePort, reason: string): void {
  say(port, { kind: "failed", reason });
  port.close();
}

function say(port: MessagePort, message: ToPort, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function relay(port: MessagePort, socket: WebSocket, data: DataPlane): void {
  const pass = (heard: unknown, isBinary: boolean): void => {
    // Frames may lie in memory that holds others.
    const bytes = new Uint8Array(heard as Buffer);
    say(port, { kind: "frame", bytes, isBinary }, [bytes.buffer]);
  };
  for (const { data: heard, isBinary } of takeEarlyFrames(socket)) pass(heard, isBinary);
  socket.on("message", pass);
  socket.on("close", (code, reason) => {
    say(port, { kind: "closed", code, reason: reason.toString() });
    port.close();
  });
  // The thread is gone, and all that its tasks wanted.
  port.once("close", () => socket.close(goingAway, "the thread has ended"));
  port.on("message", (message: FromPort) => {
    switch (message.kind) {
      case "frame": {
        const { bytes, fin } = message;
        const passed = (): void => say(port, { kind: "passed-on", bytes: bytes.byteLength });
        socket.send(bytes, { binary: true, fin }, passed);
        return;
      }
      case "close":
        socket.close(message.code, message.reason);
        return;
      case "terminate":
        socket.terminate();
        return;
      case "fetch":
        void answer(port, message.question, data.fetch(message.peer, message.wants));
        return;
      case "push":
        void answer(port, message.question, data.push(message.peer, message.blocks));
        return;
    }
  });
}

async function answer(
  port: MessagePort,
  question: number,
  coming: Promise<PortAnswer>,
): Promise<void> {
  try {
    say(port, { kind: "answer", question, answer: await coming });
  } catch (error) {
    say(port, { kind: "no-answer", question, reason: (error as Error).message });
  }
}
