import { ConfigError, createCertificates, writeCertificates } from "@millrace/distributed/command";
import { Command } from "commander";
import type { World } from "./world.ts";

const daysMax = 3_650;

/** `millrace certs`: an authority, and a certificate of it for each role, as files. */
export function certsCommand(world: World): Command {
  const command = new Command("certs")
    .description("Make certificates for a cluster: of an authority, a scheduler, workers, clients.")
    .argument("<folder>", "where they are written; it may not hold any")
    .option("--hosts <names>", "names and addresses of its machines, with commas; else loopback")
    .option("--days <count>", "how long they are good; 365 unless told otherwise");
  return command.action(async (folder: string, said: { hosts?: string; days?: string }) => {
    const { hosts, days } = said;
    const options = {
      ...(hosts !== undefined && { hosts: hostsIn(hosts) }),
      ...(days !== undefined && { days: daysIn(days) }),
    };
    const certificates = await createCertificates(options);
    const paths = await writeCertificates(folder, certificates).catch((error: unknown) => {
      throw notMade(folder, error);
    });
    world.out(`${paths.join("\n")}\n`);
  });
}

/** A path that is no folder, or one that belongs to somebody else, is a mistake of the user. */
function notMade(folder: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new ConfigError(
    `certs: the folder cannot be made (${code}), got ${JSON.stringify(folder.slice(0, 80))}, wanted a path in a ` +
      "folder that this process may write to. Name another folder.",
    { cause: error },
  );
}

function hostsIn(said: string): string[] {
  const names = said.split(",").map((name) => name.trim());
  if (names.every((name) => /^[\w.:[\]-]{1,253}$/.test(name))) return names;
  throw new ConfigError(
    `--hosts: these are no names of machines, got ${JSON.stringify(said.slice(0, 80))}, wanted names and ` +
      "addresses such as 'a.example,10.0.0.1'. Correct them.",
  );
}

function daysIn(said: string): number {
  const days = Number(said);
  if (Number.isInteger(days) && days >= 1 && days <= daysMax) return days;
  throw new ConfigError(
    `--days: this is no number of days, got ${JSON.stringify(said.slice(0, 80))}, wanted a whole number from 1 ` +
      `to ${daysMax}. Correct it.`,
  );
}
