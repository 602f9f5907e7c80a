import { expect, test } from "vitest";
import { encodeControl } from "../../../../packages/distributed/dist/codec/control/control-frame.js";
import { createToken } from "../../../../packages/distributed/dist/deploy/security/token.js";
import { protocolVersion } from "../../../../packages/distributed/dist/wire/greeting.js";
import { pause, until } from "../../../cluster/lib/until.ts";
import { frameOf, letIn, opcodes } from "./raw-peer.ts";
import { SchedulerProcess } from "./scheduler-process.ts";

test.each([0, 1, 50, 5_000])(
  "a client that goes right behind its greeting, after %i pings, is none",
  async (pings) => {
    const token = createToken();
    await using scheduler = await SchedulerProcess.start({ token, clientGraceMs: 50 });
    const headers = { Authorization: `Bearer ${token}` };
    const url = `http://127.0.0.1:${scheduler.port}/api/v1/cluster`;
    const clientCount = async (): Promise<number> => {
      const response = await fetch(url, { headers });
      return ((await response.json()) as { clientCount: number }).clientCount;
    };
    for (const name of ["a", "b", "c"]) {
      const peer = await letIn(scheduler.port, token);
      const ping = frameOf(new Uint8Array(0), { opcode: opcodes.ping });
      const who = { role: "client", name, version: "0.1.0", session: { id: name }, attempt: 1 };
      const hello = { protocol: protocolVersion, ...who };
      const greeting = frameOf(encodeControl(hello));
      peer.write(Buffer.concat([Buffer.alloc(pings * ping.length, ping), greeting])).end();
    }
    // Each has its turns before anybody is asked.
    await pause(300);
    await until("nobody is left", async () => (await clientCount()) === 0, 5_000);
    expect(scheduler.events.filter(({ level }) => level === "error")).toEqual([]);
  },
);
