// A program that has a task run to its end, and ends itself when that has begun.
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@millrace/distributed";

const [url, token, folder] = process.argv.slice(2);
const client = await Client.connect(url, { token });
const future = client.submit(
  /** @param {string} path */
  async (path) => {
    const files = await import("node:fs");
    files.writeFileSync(`${path}/begun`, "");
    while (!files.existsSync(`${path}/go`)) await new Promise((go) => setTimeout(go, 10));
    files.writeFileSync(`${path}/done`, "");
  },
  [folder],
);
client.fireAndForget(future);
while (!fs.existsSync(`${folder}/begun`)) await sleep(10);
process.exit(0);
