import { describe, expect, it } from "vitest";
import {
  checkSetting,
  everySettingName,
  kebab,
  settingOf,
  variableOf,
  type SettingName,
} from "../../../packages/distributed/dist/settings/command-settings.js";
import { parseDuration } from "../../../packages/distributed/dist/settings/parse-duration.js";

const taken = (name: SettingName, said: string): unknown => {
  const value = settingOf(name, said);
  checkSetting(`--${kebab(name)}`, name, value);
  return value;
};

const refusal = (name: SettingName, said: string): string => {
  try {
    return `taken: ${JSON.stringify(taken(name, said))}`;
  } catch (error) {
    expect((error as { code?: string }).code).toBe("distributed/config");
    return (error as Error).message;
  }
};

it("a setting has one name, spelled in three ways", () => {
  expect([kebab("deathTimeout"), variableOf("deathTimeout")]).toEqual([
    "death-timeout",
    "MILLRACE_DEATH_TIMEOUT",
  ]);
  const variables = everySettingName.map(variableOf);
  expect(new Set(variables).size).toBe(everySettingName.length);
  expect(everySettingName.length).toBeGreaterThan(25);
});

it("durations are seconds, or have a unit", () => {
  const said = ["30", "30s", "5m", "1.5h", "2 d", "250ms", ".5", "0", 12];
  expect(said.map(parseDuration)).toEqual([
    30_000, 30_000, 300_000, 5_400_000, 172_800_000, 250, 500, 0, 12_000,
  ]);
  const bad = ["", "s", "-1s", "1e3", "5 minutes", "1m30s", "Infinity", "0x10", "9".repeat(30)];
  expect(bad.filter((each) => parseDuration(each) !== undefined)).toEqual([]);
});

describe("a text becomes", () => {
  it("amounts, in two ways", () => {
    expect([taken("resources", "gpu=2, disk=1.5"), taken("resources", '{"gpu":2}')]).toEqual([
      { gpu: 2, disk: 1.5 },
      { gpu: 2 },
    ]);
    // No amount becomes a part of what every object has.
    expect(Object.entries(taken("resources", "__proto__=1") as object)).toEqual([["__proto__", 1]]);
  });

  it("yes or no, a number, names, or stays a text", () => {
    expect([
      taken("json", "yes"),
      taken("nanny", "0"),
      taken("port", "8786"),
      taken("nthreads", "auto"),
      taken("allowedHosts", "a.example, b"),
      taken("token", "123"),
      taken("name", "7"),
      taken("memoryLimit", "2GiB"),
      taken("deathTimeout", "90"),
    ]).toEqual([true, false, 8786, "auto", ["a.example", "b"], "123", "7", "2GiB", 90]);
  });
});

it("what means nothing is refused with what is wanted, and secrets are not repeated", () => {
  const bad: [SettingName, string][] = [
    ["port", "99999"],
    ["port", "-1"],
    ["port", "http"],
    ["nthreads", "0"],
    ["nthreads", "1.5"],
    ["nworkers", "many"],
    ["memoryLimit", "4 bananas"],
    ["memoryLimit", "-1GB"],
    ["deathTimeout", "soon"],
    ["deathTimeout", "10ms"],
    ["lifetime", "0"],
    ["terminateTimeout", "-5"],
    ["resources", "gpu"],
    ["resources", "gpu=-1"],
    ["resources", "gpu=many"],
    ["json", "maybe"],
    ["token", "with space"],
    ["name", "line\nbreak"],
    ["name", ""],
    ["allowedHosts", "a,,b"],
    ["host", ""],
  ];
  expect(bad.map(([name, said]) => refusal(name, said))).toMatchInlineSnapshot(`
    [
      "--port: bad setting 'port', got 99999, wanted a whole number from 0 to 65535. Correct it, or leave it out.",
      "--port: bad setting 'port', got -1, wanted a whole number from 0 to 65535. Correct it, or leave it out.",
      "--port: bad setting 'port', got "http", wanted a whole number from 0 to 65535. Correct it, or leave it out.",
      "--nthreads: bad setting 'nthreads', got 0, wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
      "--nthreads: bad setting 'nthreads', got 1.5, wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
      "--nworkers: bad setting 'nworkers', got "many", wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
      "--memory-limit: bad setting 'memory-limit', got "4 bananas", wanted bytes, text such as '2GiB', or 'auto'. Correct it, or leave it out.",
      "--memory-limit: bad setting 'memory-limit', got "-1GB", wanted bytes, text such as '2GiB', or 'auto'. Correct it, or leave it out.",
      "--death-timeout: bad setting 'death-timeout', got "soon", wanted seconds, or text such as '30s', '5m' or '12h', at least 1 s. Correct it, or leave it out.",
      "--death-timeout: bad setting 'death-timeout', got "10ms", wanted seconds, or text such as '30s', '5m' or '12h', at least 1 s. Correct it, or leave it out.",
      "--lifetime: bad setting 'lifetime', got 0, wanted seconds, or text such as '30s', '5m' or '12h', at least 1 s. Correct it, or leave it out.",
      "--terminate-timeout: bad setting 'terminate-timeout', got -5, wanted seconds, or text such as '30s', '5m' or '12h'. Correct it, or leave it out.",
      "--resources: bad setting 'resources', got "gpu", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
      "--resources: bad setting 'resources', got "gpu=-1", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
      "--resources: bad setting 'resources', got "gpu=many", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
      "--json: bad setting 'json', got "maybe", wanted true or false. Correct it, or leave it out.",
      "--token: bad setting 'token', got a text of 10 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
      "--name: bad setting 'name', got "line\\nbreak", wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "--name: bad setting 'name', got "", wanted a name of 1 to 256 characters that can be shown. Correct it, or leave it out.",
      "--allowed-hosts: bad setting 'allowed-hosts', got an array of 3, wanted names of hosts, such as 'a.example,b.example'. Correct it, or leave it out.",
      "--host: bad setting 'host', got "", wanted a name or address of this machine. Correct it, or leave it out.",
    ]
  `);
});

it("a name that is none is told with those that are", () => {
  expect(() => checkSetting("millrace.yaml:3", "prot", 1)).toThrow(
    /^millrace.yaml:3: there is no such setting, got "prot", wanted one of threads, .*, port, /,
  );
});
