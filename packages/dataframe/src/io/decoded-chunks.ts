import { openRead } from "@millrace/storage";
import { storageFault } from "./storage-fault.ts";
import type { TextFormat } from "./text-format.ts";

/** The bytes of a file as UTF-8, decompressed. */
export async function* decodedChunks(
  url: string,
  { compression, encoding }: TextFormat,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder("utf-16le", { fatal: true });
  try {
    for await (const chunk of openRead(url, { compression })) {
      switch (encoding) {
        case "utf8":
          yield chunk;
          break;
        case "latin1":
          yield Buffer.from(
            Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1"),
          );
          break;
        case "utf16le":
          yield Buffer.from(decoder.decode(chunk, { stream: true }));
          break;
      }
    }
    if (encoding === "utf16le") yield Buffer.from(decoder.decode());
  } catch (error) {
    throw storageFault(error);
  }
}
