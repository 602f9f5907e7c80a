// Loaded before a worker: its disk is full, from the first byte on.
import fs from "node:fs";
import fsp from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const open = fsp.open;
fsp.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (!String(path).endsWith(".spill")) return handle;
  const full = async () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  for (const name of ["write", "writev", "writeFile", "appendFile"]) handle[name] = full;
  return handle;
};
fs.promises.open = fsp.open;
syncBuiltinESMExports();
