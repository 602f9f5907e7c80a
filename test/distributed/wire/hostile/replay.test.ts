import { once } from "node:events";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { Client } from "@millrace/distributed";
import { expect, onTestFinished, test } from "vitest";
import { RemoteWorker } from "../../../../packages/distributed/dist/worker/host/remote-worker.js";
import { Events } from "../../../cluster/lib/events.ts";
import { plainWorker } from "../../../cluster/lib/plain-worker.ts";
import { until } from "../../../cluster/lib/until.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";
import type { ApiCluster } from "../../../../packages/distributed/dist/http/api.js";
import { Served, token, until as eventually } from "../../http/served.ts";

/** Passes on what is said to a scheduler, and keeps it: it can be said again, byte for byte. */
class Tap {
  readonly captured: Buffer[][] = [];
  readonly #port: number;
  readonly #server = net.createServer((near) => this.#join(near));
  readonly #sockets = new Set<net.Socket>();

  private constructor(port: number) {
    this.#port = port;
  }

  static async on(port: number): Promise<Tap> {
    const tap = new Tap(port);
    tap.#server.listen(0, "127.0.0.1");
    await once(tap.#server, "listening");
    onTestFinished(() => tap.close());
    return tap;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #join(near: net.Socket): void {
    const far = net.connect(this.#port, "127.0.0.1");
    const heard: Buffer[] = [];
    this.captured.push(heard);
    near.on("data", (bytes: Buffer) => heard.push(Buffer.from(bytes)));
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => undefined).on("close", () => other.destroy());
    }
  }

  /** All connections break, as a network would break them. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Says all of a connection again on another one, and gives what is answered to its end. */
  async replay(number: number): Promise<string> {
    const socket = net.connect(this.#port, "127.0.0.1");
    let answer = "";
    socket.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
    socket.on("error", () => undefined);
    socket.write(Buffer.concat(this.captured[number] as Buffer[]));
    if (!socket.destroyed) await once(socket, "close");
    return answer;
  }

  async close(): Promise<void> {
    this.drop();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

const folder = scratchFolder();

const work = async (client: Client, n: number): Promise<void> => {
  expect(await client.submit((x: number) => x + 1, [n]).result()).toBe(n + 1);
};

// Input 63.
test("a session that was captured and is said again harms nobody, and gets nothing", async () => {
  await using served = await Served.start();
  await served.addWorker("w");
  const tap = await Tap.on(served.server.port);
  const client = await Client.connect(tap.url, { token });
  await work(client, 1);
  // Its first connection, with the greeting that began it and all that it asked for.
  expect(await tap.replay(0)).toContain("was said before");
  await work(client, 2);
  tap.drop();
  await work(client, 3);
  await until("a second connection", () => tap.captured.length >= 2);
  for (const number of tap.captured.keys()) {
    expect(await tap.replay(number)).toContain("was said before");
    await work(client, 4);
  }
  await client.close();
  await eventually(
    () => served.read<ApiCluster>("/api/v1/cluster"),
    ({ clientCount }) => clientCount === 0,
  );
  expect(await tap.replay(0)).toContain("is over");
  // It ends itself before it can be answered.
  expect(await tap.replay(1)).not.toContain("welcome");
  await using other = await Client.connect(served.server.url, { token });
  expect((await other.info()).clientCount).toBe(1);
});

test("a worker that was captured does not lose its place to who says it again", async () => {
  await using served = await Served.start();
  const tap = await Tap.on(served.server.port);
  const log = new Events();
  await using worker = await RemoteWorker.start(
    plainWorker({ scheduler: tap.url, token, name: "w", localDirectory: folder, log }),
  );
  await using client = await Client.connect(served.server.url, { token });
  await work(client, 1);
  await tap.replay(0);
  await work(client, 2);
  expect(log.of("disconnected")).toEqual([]);
  await worker.close();
});
