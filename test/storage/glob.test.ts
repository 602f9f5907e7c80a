import { glob, globSync, list, listSync, registerDriver, writeAll } from "@millrace/storage";
import { mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, plant } from "./scratch.ts";

const folder = scratchFolder();
const names = [
  "a.csv",
  "b.csv.gz",
  "b.csv",
  "part-1.txt",
  "part-2.txt",
  "part-10.txt",
  "sub/a.csv",
  "sub/deep/a.csv",
  "sub.d/a.csv",
  "sub/.hidden/x.csv",
  ".dot.csv",
  ".cfg/inner/y.csv",
  "odd/[1].txt",
  "odd/1.txt",
  "odd/a{b}.txt",
  "odd/stars**.txt",
  "odd/sp ace.txt",
  "odd/ü.txt",
  "odd/!not.txt",
  "odd/a\\b.txt",
];
plant(folder, Object.fromEntries(names.map((name) => [name, name])));

/** Matches with and without waiting, below the folder; the two must agree. */
async function matches(...patterns: string[]): Promise<string[]> {
  const full = patterns.map((pattern) => join(folder, pattern));
  const found = await glob(full);
  expect(globSync(full)).toEqual(found);
  return found.map((file) => relative(folder, file));
}

describe("glob", () => {
  it("gives the absolute path of a plain one", async () => {
    const file = join(folder, "a.csv");
    expect(await glob(file)).toEqual([file]);
    expect(await glob(relative(process.cwd(), file))).toEqual([file]);
    expect(await glob(pathToFileURL(file))).toEqual([file]);
    expect(await glob(pathToFileURL(file).href)).toEqual([file]);
    expect(await glob(`${folder}/sub/../a.csv`)).toEqual([file]);
  });

  it.each([
    ["*.csv", ["a.csv", "b.csv"]],
    ["?.csv", ["a.csv", "b.csv"]],
    ["[a-b].csv", ["a.csv", "b.csv"]],
    ["[!a].csv", ["b.csv"]],
    ["*.{csv,csv.gz}", ["a.csv", "b.csv", "b.csv.gz"]],
    ["{a.csv,sub/a.csv}", ["a.csv", "sub/a.csv"]],
    ["{sub/deep,sub.d}/*.csv", ["sub/deep/a.csv", "sub.d/a.csv"]],
    ["*/a.csv", ["sub/a.csv", "sub.d/a.csv"]],
    ["**/a.csv", ["a.csv", "sub/a.csv", "sub/deep/a.csv", "sub.d/a.csv"]],
    ["sub/**", ["sub/a.csv", "sub/deep/a.csv"]],
    ["**/deep/*", ["sub/deep/a.csv"]],
    ["part-{1..10}.txt", ["part-1.txt", "part-10.txt", "part-2.txt"]],
    ["part-{2..9}.txt", ["part-2.txt"]],
    ["part-+([0-9]).txt", ["part-1.txt", "part-10.txt", "part-2.txt"]],
    ["!(a|part*).csv", ["b.csv"]],
    ["[[:alpha:]].csv", ["a.csv", "b.csv"]],
    [".*.csv", [".dot.csv"]],
    [".cfg/**/*.csv", [".cfg/inner/y.csv"]],
    ["**/.hidden/*.csv", ["sub/.hidden/x.csv"]],
    ["{.cfg/inner,sub}/*.csv", [".cfg/inner/y.csv", "sub/a.csv"]],
    ["sub/./*.csv", ["sub/a.csv"]],
    ["sub//*.csv", ["sub/a.csv"]],
    ["sub/../*.csv", ["a.csv", "b.csv"]],
  ])("%s matches %j", async (pattern, expected) => {
    expect(await matches(pattern)).toEqual(expected);
  });

  it("sorts by path segments in plain string order", async () => {
    expect(await matches("part-*")).toEqual(["part-1.txt", "part-10.txt", "part-2.txt"]);
    expect(await matches("**/a.csv")).toEqual([
      "a.csv",
      "sub/a.csv",
      "sub/deep/a.csv",
      "sub.d/a.csv",
    ]);
  });

  it("keeps the order of an array and expands each pattern in its place", async () => {
    expect(await matches("sub/a.csv", "*.csv")).toEqual(["sub/a.csv", "a.csv", "b.csv"]);
  });

  it("lists a file once for overlapping patterns and as often as it is named", async () => {
    expect(await matches("*.csv", "[a]*.csv")).toEqual(["a.csv", "b.csv"]);
    expect(await matches("*.csv", "a.csv")).toEqual(["a.csv", "b.csv"]);
    expect(await matches("a.csv", "*.csv")).toEqual(["a.csv", "b.csv"]);
    expect(await matches("a.csv", "a.csv")).toEqual(["a.csv", "a.csv"]);
    expect(await matches("*.csv", "a.csv", "a.csv")).toEqual(["a.csv", "b.csv", "a.csv"]);
  });

  it("opens a file whose name has wildcards by its exact name or by escapes", async () => {
    expect(await matches("odd/[1].txt")).toEqual(["odd/[1].txt"]);
    expect(await matches("odd/\\[1\\].txt")).toEqual(["odd/[1].txt"]);
    expect(await matches("odd/stars**.txt")).toEqual(["odd/stars**.txt"]);
    expect(await matches("odd/a{b}.txt")).toEqual(["odd/a{b}.txt"]);
    expect(await matches("odd/a\\b.txt")).toEqual(["odd/a\\b.txt"]);
    expect(await matches("odd/!not.txt")).toEqual(["odd/!not.txt"]);
    expect(await matches("odd/!*.txt")).toEqual(["odd/!not.txt"]);
    expect(await matches("odd/sp*")).toEqual(["odd/sp ace.txt"]);
  });

  it("reads a working folder with wildcards in its name literally", async () => {
    plant(folder, { "cwd[x]/1.txt": "1", "cwd[x]/2.txt": "2" });
    const program =
      `import { glob } from ${JSON.stringify(import.meta.resolve("@millrace/storage"))};` +
      `console.log(JSON.stringify(await glob("*.txt")));`;
    const { execFileSync } = await import("node:child_process");
    const cwd = join(folder, "cwd[x]");
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd });
    expect(JSON.parse(String(out))).toEqual([join(cwd, "1.txt"), join(cwd, "2.txt")]);
  });

  it("finds files whose names hold a newline at any depth", async () => {
    plant(folder, { "new/a\nb/c\nd.csv": "x" });
    for (const pattern of ["new/**/*.csv", "new/**", "new/*/*", "new/a\nb/?\\\nd.csv"])
      expect(await matches(pattern)).toEqual(["new/a\nb/c\nd.csv"]);
  });

  it("does not follow links to folders with **, so that loops end, and does with other wildcards", async () => {
    mkdirSync(join(folder, "links/real"), { recursive: true });
    plant(folder, { "links/real/f.bin": "f" });
    symlinkSync("..", join(folder, "links/real/up"));
    symlinkSync("real", join(folder, "links/also"));
    symlinkSync("real/f.bin", join(folder, "links/f-link.bin"));
    symlinkSync("nowhere", join(folder, "links/broken.bin"));
    symlinkSync("loop.bin", join(folder, "links/loop.bin"));
    expect(await matches("links/**/*.bin")).toEqual(["links/f-link.bin", "links/real/f.bin"]);
    expect(await matches("links/*/f.bin")).toEqual(["links/also/f.bin", "links/real/f.bin"]);
  });

  it("never matches a file that is being written", async () => {
    plant(folder, { "busy/.x.1-0-ab.millrace-tmp": "", "busy/x.millrace-tmp": "", "busy/y": "" });
    expect(await matches("busy/{.*,*}")).toEqual(["busy/y"]);
  });

  it("is an error when nothing matches, unless that is allowed", async () => {
    expect(await failure(folder, () => glob(join(folder, "*.parquet")))).toMatchInlineSnapshot(
      `"storage/no-match | glob: no file matches, got '/folder/*.parquet', wanted at least one. Check the pattern (hidden files match only with the dot), or pass { allowEmpty: true }."`,
    );
    expect(await failure(folder, () => globSync(join(folder, "no/*.csv")))).toContain(
      "storage/no-match",
    );
    expect(await failure(folder, () => glob(join(folder, "a.csv/*")))).toContain(
      "storage/no-match",
    );
    const allowed = await glob([join(folder, "*.parquet"), join(folder, "a.csv")], {
      allowEmpty: true,
    });
    expect(allowed).toEqual([join(folder, "a.csv")]);
  });

  it("refuses an option that there is not", async () => {
    const typo = { allowempty: true } as object;
    expect(await failure(folder, () => glob("*", typo))).toMatchInlineSnapshot(
      `"storage/bad-option | glob: no such option, got 'allowempty', wanted one of allowEmpty, signal."`,
    );
  });

  it("is an error for a plain path that is not there or is a folder", async () => {
    const missing = join(folder, "nope.csv");
    expect(await failure(folder, () => glob(missing))).toMatchInlineSnapshot(
      `"storage/not-found | glob: no such file, got '/folder/nope.csv', wanted a file that exists or a pattern. Check the path; a relative one starts at the working directory."`,
    );
    expect(await failure(folder, () => glob(missing, { allowEmpty: true }))).toContain(
      "storage/not-found",
    );
    expect(await failure(folder, () => glob(join(folder, "sub")))).toMatchInlineSnapshot(
      `"storage/not-a-file | glob: a directory, got '/folder/sub', wanted files. Name the files in it, as in 'directory/*'."`,
    );
  });

  it("passes http URLs as they are and has no wildcards there", async () => {
    const url = "http://user:secret@example.org/a.csv?x=[1]*";
    expect(await glob(url)).toEqual([url]);
    const star = "http://user:secret@example.org/*.csv";
    expect(await failure("", () => glob(star))).toMatchInlineSnapshot(
      `"storage/unsupported | glob: 'http:' has no listing for wildcards, got 'http://example.org/*.csv'. Name each file."`,
    );
    expect(await failure("", () => globSync(star))).toContain("storage/unsupported");
  });

  it("names the schemes that exist for one that does not", async () => {
    expect(await failure("", () => glob("s3://bucket/*.csv"))).toMatchInlineSnapshot(
      `"storage/unknown-scheme | glob: no driver for 's3:', got 's3://bucket/*.csv', wanted one of file, http, https. Call registerDriver("s3", driver) first, on every worker."`,
    );
  });

  it("refuses what is no location", async () => {
    expect(await failure("", () => glob(""))).toMatchInlineSnapshot(
      `"storage/bad-url | glob: not a location, got '', wanted a path or a URL."`,
    );
    expect(await failure("", () => glob("a\0b"))).toContain("storage/bad-url");
    expect(await failure("", () => glob("file:///tmp/a?.csv"))).toMatchInlineSnapshot(
      `"storage/bad-url | glob: not a location, got 'file:///tmp/a?.csv', wanted a file: URL without ? and #. Write them as %3F and %23, or use a plain path."`,
    );
    expect(await failure("", () => glob("file://host/a.csv"))).toContain("storage/bad-url");
    expect(await failure("", () => glob("file:a.csv"))).toMatchInlineSnapshot(
      `"storage/bad-url | glob: not a location, got 'file:a.csv', wanted an absolute file: URL, or './' before a file of that name."`,
    );
    expect(await failure("", () => glob("http://"))).toContain("storage/bad-url");
    expect(await failure("", () => glob("x{1..99999}"))).toMatchInlineSnapshot(
      `"storage/bad-option | glob: not a range, got '{1..99999}', wanted 1 to 10000 whole steps. Use '*'."`,
    );
  });

  it("takes a name with one colon for a path", async () => {
    expect(await failure(process.cwd(), () => glob("log:1.txt"))).toContain("/folder/log:1.txt");
  });

  it("walks a registered driver that lists", async () => {
    const tree: Record<string, string[]> = {
      "mem://box": ["d/", "top.csv"],
      "mem://box/d": ["2.csv", "1.csv", "x.txt"],
    };
    const undo = registerDriver("mem", {
      stat: async (url) => {
        const missing = Object.assign(new Error(url), { code: "storage/not-found" });
        return Promise.reject(missing);
      },
      async *read() {},
      list: async (directory) =>
        (tree[directory.replace(/\/$/, "")] ?? []).map((name) => ({
          name: name.replace("/", ""),
          kind: name.endsWith("/") ? "directory" : "file",
          link: false,
        })),
    });
    expect(await glob("mem://box/**/*.csv")).toEqual([
      "mem://box/d/1.csv",
      "mem://box/d/2.csv",
      "mem://box/top.csv",
    ]);
    expect(await failure("", () => globSync("mem://box/*"))).toMatchInlineSnapshot(
      `"storage/unsupported | globSync: 'mem:' must wait for a listing, got 'mem://box/*'. Use await glob()."`,
    );
    undo();
  });
});

describe("list", () => {
  it("gives the facts of each file in the order of glob, with and without waiting", async () => {
    await writeAll(join(folder, "sizes/b.bin"), ["12345"]);
    await writeAll(join(folder, "sizes/a.bin"), ["123"]);
    const found = await list(join(folder, "sizes/*"));
    expect(found.map((facts) => [facts.url, facts.size, facts.kind, facts.ranged])).toEqual([
      [join(folder, "sizes/a.bin"), 3, "file", true],
      [join(folder, "sizes/b.bin"), 5, "file", true],
    ]);
    expect(listSync(join(folder, "sizes/*"))).toEqual(found);
  });

  it("gives http URLs without facts when it must not wait", () => {
    expect(listSync("https://example.org/a.csv")).toEqual([
      {
        url: "https://example.org/a.csv",
        kind: "file",
        size: undefined,
        modifiedMs: undefined,
        etag: undefined,
        ranged: false,
      },
    ]);
  });
});
