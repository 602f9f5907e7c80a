// A program with a client, which asks for what never ends and then ends itself as it is told.
import { Client } from "@millrace/distributed";

const [url, token, how] = process.argv.slice(2);
const client = await Client.connect(url, { token });
const future = client.submit(() => new Promise(() => undefined), []);
// Whoever has not said anything yet has nothing to take back.
await client.info();
process.stdout.write(`${future.status}\n`);
process.stdin.once("data", () => {
  if (how === "exit") process.exit(3);
  throw new Error("nobody catches this");
});
