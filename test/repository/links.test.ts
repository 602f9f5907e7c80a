import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, it } from "vitest";

import { markdownFiles, read, root } from "../lib/workspace.ts";

type Link = { readonly page: string; readonly line: number; readonly target: string };

const pages = markdownFiles();
const links = pages.flatMap(linksOf);

it("there are links to check", () => {
  expect(links.length).toBeGreaterThan(0);
});

it("every relative link leads to a file or folder that exists", () => {
  const wrong = links.filter(({ page, target }) => !existsSync(fileOf(page, target)));
  expect(wrong.map(show)).toEqual([]);
});

it("every anchor is a heading of the page it leads to", () => {
  const wrong = links.filter(({ page, target }) => {
    const anchor = target.split("#")[1];
    const file = fileOf(page, target);
    if (!anchor || !file.endsWith(".md") || !existsSync(file)) return false;
    return !anchorsOf(file.slice(root.length + 1)).has(decodeURIComponent(anchor));
  });
  expect(wrong.map(show)).toEqual([]);
});

it("every page of docs/ can be reached from docs/README.md", () => {
  const reached = new Set<string>();
  const visit = (page: string): void => {
    if (reached.has(page)) return;
    reached.add(page);
    for (const link of links.filter((each) => each.page === page)) {
      let file = fileOf(page, link.target);
      if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "README.md");
      if (file.endsWith(".md") && existsSync(file)) visit(file.slice(root.length + 1));
    }
  };
  visit("docs/README.md");
  expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
});

function fileOf(page: string, target: string): string {
  const path = decodeURIComponent(target.split("#")[0] ?? "");
  return path === "" ? join(root, page) : join(root, dirname(page), path);
}

function linksOf(page: string): Link[] {
  return proseLines(page).flatMap(({ text, line }) => {
    const inline = text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g);
    const references = text.matchAll(/^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/g);
    const images = text.matchAll(/<(?:img|a)\b[^>]*(?:src|href)="([^"]+)"/g);
    return [...inline, ...references, ...images]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
      .map((target) => ({ page, line, target }));
  });
}

/** Lines outside of code: fenced blocks are dropped, code spans emptied. */
function proseLines(page: string): { text: string; line: number }[] {
  let fence: string | undefined;
  return read(page)
    .split("\n")
    .flatMap((text, index) => {
      const mark = /^\s*(`{3,}|~{3,})/.exec(text)?.[1];
      if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) {
        fence = fence === undefined ? mark : undefined;
        return [];
      }
      return fence === undefined ? [{ text: text.replace(/`[^`]*`/g, "``"), line: index + 1 }] : [];
    });
}

/** GitHub's rule: lower case, punctuation dropped, spaces to dashes, repeats numbered. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  let inFence = false;
  for (const text of read(page).split("\n")) {
    if (/^\s*(`{3,}|~{3,})/.test(text)) inFence = !inFence;
    const heading = inFence ? undefined : /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    for (const [, id] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) if (id) anchors.add(id);
    if (heading === undefined) continue;
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function show({ page, line, target }: Link): string {
  return `${page}:${line}: ${target}`;
}
