import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createCertificates,
  writeCertificates,
} from "../../../packages/distributed/dist/deploy/security/certificates.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { itWhen } from "../../lib/skip.ts";
import { refusalIn } from "./refusal.ts";
import { run } from "./run-main.ts";

const folder = scratchFolder();
mkdirSync(join(folder, "certs"));
await writeCertificates(join(folder, "certs"), await createCertificates());
await writeCertificates(
  join(folder, "old"),
  await createCertificates({ days: 1, nowMs: Date.UTC(2026, 0, 1) }),
);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const refusal = refusalIn(folder);

async function refusals(lines: readonly string[]): Promise<string[]> {
  const told: string[] = [];
  for (const line of lines) told.push(await refusal(line.split(" ")));
  return told;
}

const env = { MILLRACE_TOKEN: "t0ken-of-16-chars" };
const url = "ws://127.0.0.1:1";

describe("one line tells what is wrong with", () => {
  it("a flag or a command that there is not", async () => {
    expect(
      await refusals([
        "scheduler --prot 1",
        "worker --nthread 1",
        "worker --no-nany",
        "shceduler",
        "scheduler --port",
        "worker ws://127.0.0.1:1 ws://127.0.0.1:2",
        "status --nthreads 1",
      ]),
    ).toMatchInlineSnapshot(`
      [
        "millrace: unknown option '--prot' (Did you mean --port?)",
        "millrace: unknown option '--nthread' (Did you mean --nthreads?)",
        "millrace: unknown option '--no-nany' (Did you mean --no-nanny?)",
        "millrace: unknown command 'shceduler' (Did you mean scheduler?)",
        "millrace: option '--port <port>' argument missing",
        "millrace: too many arguments for 'worker'. Expected 1 argument but got 2.",
        "millrace: unknown option '--nthreads'",
      ]
    `);
  });

  it("an address", async () => {
    expect(
      await refusals([
        "worker",
        "status",
        "worker tcp://127.0.0.1:8786",
        "worker https://127.0.0.1:8786",
        "worker 127.0.0.1:8786",
        "worker ws://127.0.0.1:99999",
        "worker ws://127.0.0.1:0",
        "worker ws://a.example:1?token=secret",
        "worker ws://user:secret@a.example:1",
        "worker ws://a.example:1/elsewhere",
        "worker ws://",
        `worker ${url}`,
        `worker ${url} --scheduler-file f`,
        "status --scheduler-file absent.json",
      ]),
    ).toMatchInlineSnapshot(`
      [
        "millrace: scheduler: its address is missing, got none, wanted one such as 'ws://127.0.0.1:8786' as argument, or --scheduler-file.",
        "millrace: scheduler: its address is missing, got none, wanted one such as 'ws://127.0.0.1:8786' as argument, or --scheduler-file.",
        "millrace: scheduler: 'tcp://' is not spoken here, got "tcp://127.0.0.1:8786", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: 'https://' is not spoken here, got "https://127.0.0.1:8786", wanted one such as 'wss://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: it has no 'ws://', got "127.0.0.1:8786", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: its port is none from 1 to 65535, got "ws://127.0.0.1:99999", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: its port is none from 1 to 65535, got "ws://127.0.0.1:0", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such as 'ws://127.0.0.1:8786'. Give the token by MILLRACE_TOKEN or --scheduler-file.",
        "millrace: scheduler: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such as 'ws://127.0.0.1:8786'. Give the token by MILLRACE_TOKEN or --scheduler-file.",
        "millrace: scheduler: it is no address, got "ws://a.example:1/elsewhere", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: scheduler: it is no address, got "ws://", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "millrace: --token: a scheduler lets in who has its token, got none for "ws://127.0.0.1:1", wanted MILLRACE_TOKEN, or the --scheduler-file that it wrote.",
        "millrace: --scheduler-file: the address is given twice, got an address and a file, wanted one of the two.",
        "millrace: --scheduler-file: there is no such file, got "absent.json", wanted the file of a running scheduler. Start the scheduler first.",
      ]
    `);
  });

  it("a number, an amount or a duration", async () => {
    expect(
      await refusals([
        "scheduler --port 99999",
        "scheduler --port http",
        "scheduler --idle-timeout soon",
        `worker ${url} --nthreads 0`,
        `worker ${url} --nworkers -1`,
        `worker ${url} --nworkers 5000`,
        `worker ${url} --memory-limit 1KB`,
        `worker ${url} --memory-limit many`,
        `worker ${url} --resources gpu`,
        `worker ${url} --death-timeout 0`,
        `worker ${url} --lifetime-restart`,
        `worker ${url} --nworkers 2 --no-nanny`,
        `worker ${url} --lifetime 1h --no-nanny`,
      ]),
    ).toMatchInlineSnapshot(`
      [
        "millrace: --port: bad setting 'port', got 99999, wanted a whole number from 0 to 65535. Correct it, or leave it out.",
        "millrace: --port: bad setting 'port', got "http", wanted a whole number from 0 to 65535. Correct it, or leave it out.",
        "millrace: --idle-timeout: bad setting 'idle-timeout', got "soon", wanted seconds, or text such as '30s', '5m' or '12h', at least 1 s. Correct it, or leave it out.",
        "millrace: --nthreads: bad setting 'nthreads', got 0, wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
        "millrace: --nworkers: bad setting 'nworkers', got -1, wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
        "millrace: --nworkers: these are too many for one machine, got 5000, wanted at most 1024. Start fewer.",
        "millrace: --memory-limit: it is too little for a worker, got "1KB", wanted at least 128 MiB. Give it more, or leave it out.",
        "millrace: --memory-limit: bad setting 'memory-limit', got "many", wanted bytes, text such as '2GiB', or 'auto'. Correct it, or leave it out.",
        "millrace: --resources: bad setting 'resources', got "gpu", wanted amounts such as 'gpu=2,disk=1'. Correct it, or leave it out.",
        "millrace: --death-timeout: bad setting 'death-timeout', got 0, wanted seconds, or text such as '30s', '5m' or '12h', at least 1 s. Correct it, or leave it out.",
        "millrace: --lifetime-restart: there is no lifetime, got none, wanted --lifetime as well. Add it.",
        "millrace: --no-nanny: a process without a nanny is one worker, got 2 workers, wanted --nworkers 1. Leave out one of the two.",
        "millrace: --lifetime: it is the nanny who retires a worker, got --no-nanny as well, wanted one of the two. Leave out the other one.",
      ]
    `);
  });

  it("a variable or a file of settings", async () => {
    const config = (text: string): Promise<string> =>
      refusal(["config"], { MILLRACE_CONFIG: file("millrace.yaml", text) });
    expect([
      await refusal(["scheduler"], { MILLRACE_PORT: "99999" }),
      await refusal(["worker"], { MILLRACE_NTHREADS: "none" }),
      await refusal(["worker"], { MILLRACE_TOKEN: "with space" }),
      await refusal(["config"], { MILLRACE_CONFIG: "absent.yaml" }),
      await config("port: 1\nprot: 2"),
      await config("port: many"),
      await config("a: [1"),
      await config("- port"),
      await config("port: 1\nport: 2"),
      await config("json: maybe"),
    ]).toMatchInlineSnapshot(`
      [
        "millrace: MILLRACE_PORT: bad setting 'port', got 99999, wanted a whole number from 0 to 65535. Correct it, or leave it out.",
        "millrace: MILLRACE_NTHREADS: bad setting 'nthreads', got "none", wanted a whole number from 1 to 65536, or 'auto'. Correct it, or leave it out.",
        "millrace: MILLRACE_TOKEN: bad setting 'token', got a text of 10 characters, wanted 1 to 1024 visible ASCII characters without spaces. Correct it, or leave it out.",
        "millrace: MILLRACE_CONFIG: there is no such file, got 'absent.yaml', wanted the path of a YAML file. Correct it.",
        "millrace: …/millrace.yaml:2: there is no such setting, got "prot", wanted one of threads, memory-limit, local-directory, awaiting-tasks, resources, scheduler, scheduler-file, host, port, token, tls-ca, tls-cert, tls-key, insecure-network, allowed-hosts, idle-timeout, no-workers-timeout, pid-file, json, nthreads, nworkers, name, nanny, death-timeout, terminate-timeout, lifetime, lifetime-stagger, lifetime-restart. Correct the name.",
        "millrace: …/millrace.yaml:1: bad setting 'port', got "many", wanted a whole number from 0 to 65535. Correct it, or leave it out.",
        "millrace: …/millrace.yaml: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 6.",
        "millrace: …/millrace.yaml: it holds no settings, wanted lines such as 'threads: 4'. Correct it.",
        "millrace: …/millrace.yaml: Map keys must be unique at line 2, column 1.",
        "millrace: …/millrace.yaml:1: bad setting 'json', got "maybe", wanted true or false. Correct it, or leave it out.",
      ]
    `);
  });

  it("a network that others share", async () => {
    const [ca, cert, key] = ["ca", "scheduler", "scheduler-key"].map((name) =>
      join(folder, `certs/${name}.pem`),
    );
    expect(
      [
        await refusal(["scheduler", "--host", "0.0.0.0"]),
        await refusal(["scheduler", "--host", "::"]),
        await refusal(["scheduler", "--tls-ca", ca ?? "", "--tls-key", key ?? ""]),
        await refusal(["worker", url, "--host", "0.0.0.0"], env),
        await refusal(["worker", "wss://127.0.0.1:1"], env),
        await refusal(
          ["worker", url, "--tls-ca", ca ?? "", "--tls-cert", cert ?? "", "--tls-key", key ?? ""],
          env,
        ),
      ].map((line) => line.split("\n").at(-1)),
    ).toMatchInlineSnapshot(`
      [
        "millrace: --host: others on the network could run code here, got "0.0.0.0" without TLS, wanted a loopback address or TLS (--tls-ca, --tls-cert, --tls-key). Add them, or trust the network by --insecure-network.",
        "millrace: --host: others on the network could run code here, got "::" without TLS, wanted a loopback address or TLS (--tls-ca, --tls-cert, --tls-key). Add them, or trust the network by --insecure-network.",
        "millrace: --tls-cert: both sides of a connection show certificates, got no file, wanted --tls-ca, --tls-cert and --tls-key. Give all three.",
        "millrace: --host: others on the network could run code here, got "0.0.0.0" without TLS, wanted a loopback address or TLS (--tls-ca, --tls-cert, --tls-key). Add them, or trust the network by --insecure-network.",
        "millrace: --tls-cert: a scheduler at wss:// wants to see a certificate, got none for "wss://127.0.0.1:1", wanted --tls-ca, --tls-cert and --tls-key. Give all three.",
        "millrace: scheduler: it is called without TLS, got "ws://127.0.0.1:1" and certificates, wanted 'wss://'. Correct the address, or leave out --tls-ca, --tls-cert and --tls-key.",
      ]
    `);
  });

  it("certificates", async () => {
    const at = (name: string, of = "certs"): string => join(folder, of, `${name}.pem`);
    const good = { ca: at("ca"), cert: at("scheduler"), key: at("scheduler-key") };
    const bad = [
      { ...good, ca: at("absent") },
      { ...good, cert: at("scheduler", "old"), key: at("scheduler-key", "old") },
      { ...good, key: at("worker-key") },
    ];
    const told: string[] = [];
    for (const { ca, cert, key } of bad) {
      const flags = ["--tls-ca", ca, "--tls-cert", cert, "--tls-key", key];
      told.push(await refusal(["scheduler", "--port", "0", ...flags]));
    }
    expect(told.map((line) => line.replace(/on \d{4}-\d\d-\d\d\. Name/, "on …. Name")))
      .toMatchInlineSnapshot(`
      [
        "millrace: --tls-ca: it cannot be read (ENOENT), got "…/certs/absent.pem", wanted a PEM file. Name another file.",
        "millrace: --tls-cert: the certificate has expired on 2026-01-02, got "…/old/scheduler.pem", wanted one that is valid on …. Name another file.",
        "millrace: --tls-key: it belongs to another certificate, got "…/certs/worker-key.pem", wanted the key of the certificate "…/certs/scheduler.pem". Name another file.",
      ]
    `);
  });

  it("the file with the token", async () => {
    const text = JSON.stringify({ url, token: "t", pid: 1, id: "i" });
    const open = file("open.json", text);
    chmodSync(open, 0o644);
    const told = await Promise.all([
      refusal(["worker", "--scheduler-file", open]),
      refusal(["worker", "--scheduler-file", file("broken.json", "{")]),
      refusal(["scheduler", "--port", "0", "--scheduler-file", join(folder, "absent/f.json")]),
    ]);
    expect(told).toMatchInlineSnapshot(`
      [
        "millrace: --scheduler-file: others on this machine may read the token, got "…/open.json" with mode 644, wanted 600. Run: chmod 600 …/open.json",
        "millrace: --scheduler-file: it is no JSON, got "…/broken.json", wanted JSON with url, token, pid and id, as a scheduler writes it. Name another file.",
        "millrace: --scheduler-file: it cannot be written (ENOENT), got "…/absent/f.json", wanted a path in a folder. Name another file.",
      ]
    `);
  });

  it("a file that is of use to somebody, which stays as it is", async () => {
    const precious = file("precious.txt", "precious 1\n");
    const scheduler = { url, token: "t", pid: process.ppid, id: "i" };
    const taken = file("taken.json", JSON.stringify(scheduler));
    const told = await Promise.all([
      refusal(["scheduler", "--port", "0", "--pid-file", precious]),
      refusal(["scheduler", "--port", "0", "--scheduler-file", precious]),
      refusal(["scheduler", "--port", "0", "--scheduler-file", taken]),
      refusal(["certs", join(precious, "below")]),
    ]);
    expect(told.map((line) => line.replace(String(process.ppid), "<pid>"))).toMatchInlineSnapshot(`
      [
        "millrace: --pid-file: there is something else in it, got "…/precious.txt", wanted a path of no file, or of one that holds just the number of a process. Name another file.",
        "millrace: --scheduler-file: it is no connection file for this user alone, got "…/precious.txt", wanted a path of no file, or of one that a scheduler has left. Name another file.",
        "millrace: --scheduler-file: a scheduler has written it and runs, got "…/taken.json" of process <pid>, wanted a file of nobody. End that one first, or name another file.",
        "millrace: certs: the folder cannot be made (ENOTDIR), got "…/precious.txt/below", wanted a path in a folder that this process may write to. Name another folder.",
      ]
    `);
    expect(readFileSync(precious, "utf8")).toBe("precious 1\n");
    expect(JSON.parse(readFileSync(taken, "utf8"))).toEqual(scheduler);
  });

  it("a folder for values", async () => {
    mkdirSync(join(folder, "target"), { recursive: true });
    symlinkSync(join(folder, "target"), join(folder, "link"));
    const flags = (path: string): string[] => ["worker", url, "--local-directory", path];

    expect([
      await refusal(flags(file("no-folder", "")), env),
      await refusal(flags(join(folder, "no-folder/below")), env),
      await refusal(flags(join(folder, "link")), env),
    ]).toMatchInlineSnapshot(`
      [
        "millrace: openWorkerDirectory: the local directory is no directory, got "…/no-folder", wanted a directory that this process may write to. Name a directory.",
        "millrace: openWorkerDirectory: the local directory is below a file, got "…/no-folder/below", wanted a directory that this process may write to. Name a directory.",
        "millrace: openWorkerDirectory: the local directory is a link that leads elsewhere, got "…/link", wanted a directory that this process may write to. Use "…/target" itself.",
      ]
    `);
  });

  const isRoot = process.getuid?.() === 0;
  itWhen(!isRoot, "root may write everywhere")("a folder that is not writable", async () => {
    const path = join(folder, "closed");
    mkdirSync(path, { mode: 0o500 });

    expect(await refusal(["worker", url, "--local-directory", path], env)).toContain("EACCES");
  });

  it("a port that is taken, or a host that is not here", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const told = await refusal(["scheduler", "--port", String(port)]);
    expect(told.replaceAll(String(port), "<port>")).toMatchInlineSnapshot(
      `"millrace: --port: another process listens there already, got <port>, wanted a port of nobody. Name another one, or 0 for any that is free; 'lsof -i :<port>' says whose it is."`,
    );
    expect(
      await refusal("scheduler --port 0 --insecure-network --host 192.0.2.1".split(" ")),
    ).toMatchInlineSnapshot(
      `"millrace: --host: this machine has no such address, got "192.0.2.1", wanted one of its own. Leave it out for loopback, or take 0.0.0.0 for all."`,
    );
  });

  it("a name that leads nowhere", async () => {
    const told = await refusal(["worker", "ws://nowhere.invalid:8786"], env);
    expect(told.replace(/\(.*?\)/, "(…)")).toMatchInlineSnapshot(
      `"millrace: scheduler: the name of the host leads nowhere (…), got "nowhere.invalid", wanted one that is known here. Correct it, or give an address."`,
    );
  });

  it("a pid file of a process that runs", async () => {
    const path = file("taken.pid", `${process.ppid}\n`);
    const told = await refusal(["scheduler", "--port", "0", "--pid-file", path]);
    expect(told.replace(String(process.ppid), "<pid>")).toMatchInlineSnapshot(
      `"millrace: --pid-file: a process has written it and runs, got "…/taken.pid" of process <pid>, wanted a file of nobody. End that one first, or name another file."`,
    );
  });
});

it("a scheduler that is not there is looked for, and then told of", async () => {
  const argv = ["worker", url, "--death-timeout", "1s", "--no-nanny", "--memory-limit", "256MiB"];
  Object.assign(process.env, env);
  const { code, out, err } = await run([...argv, "--name", "w"]).ended;
  expect({ code, out }).toEqual({ code: 2, out: "" });
  const lines = err.trimEnd().split("\n");
  expect(lines.filter((line) => line.includes("no scheduler yet")).length).toBeGreaterThan(2);
  expect(lines.at(-1)).toMatchInlineSnapshot(
    `"millrace: worker w: connect: no scheduler was found in 1000 ms, got "connect ECONNREFUSED 127.0.0.1:1" from ws://127.0.0.1:1, wanted an answer. Start one with 'millrace scheduler', or correct the address."`,
  );
});

it("nobody answers status, or somebody who is no scheduler", async () => {
  const other = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;

  expect([
    await refusal(["status", url], env),
    (await refusal(["status", `ws://127.0.0.1:${port}`], env)).replace(String(port), "<port>"),
  ]).toMatchInlineSnapshot(`
    [
      "millrace: status: no scheduler answers, got ECONNREFUSED from ws://127.0.0.1:1, wanted an answer. Start one with 'millrace scheduler', or correct the address.",
      "millrace: status: what listens at ws://127.0.0.1:<port> is no scheduler, got the answer 200, wanted what a scheduler says. Correct the address.",
    ]
  `);
});
