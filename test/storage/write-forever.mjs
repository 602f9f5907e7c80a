// write.test.ts starts this: it writes to a file until it is killed, and says when it has begun.
import { openWrite } from "@millrace/storage";

const writer = await openWrite(process.argv[2]);
for (let round = 0; ; round++) {
  await writer.write(new Uint8Array(100_000));
  if (round === 3) process.stdout.write("begun\n");
}
