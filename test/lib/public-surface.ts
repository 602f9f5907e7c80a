import { join, relative, sep } from "node:path";

import { SyntaxKind, type Node, type SourceFile } from "typescript/unstable/ast";
import { API, SymbolFlags, type Project, type Symbol as TsSymbol } from "typescript/unstable/sync";

import { packageFolders, root } from "./workspace.ts";

/** One documented thing: an export of a package, or a public member of an exported class. */
export type PublicName = {
  readonly packageName: string;
  readonly name: string;
  readonly kind: "function" | "class" | "constant" | "type" | "namespace" | "member";
  readonly file: string;
  readonly line: number;
  readonly doc: string | undefined;
};

/** The packages as the TypeScript compiler sees them; `use` gets one project a package folder. */
export function withProjects<T>(use: (projects: ReadonlyMap<string, Project>) => T): T {
  const api = new API({ cwd: root });
  try {
    const configOf = (folder: string): string => join(root, "packages", folder, "tsconfig.json");
    const folders = packageFolders();
    const snapshot = api.updateSnapshot({ openProjects: folders.map(configOf) });
    const projects = new Map<string, Project>();
    for (const folder of folders) {
      const project = snapshot.getProject(configOf(folder));
      if (project === undefined) throw new Error(`no project for packages/${folder}`);
      projects.set(folder, project);
    }
    return use(projects);
  } finally {
    api.close();
  }
}

/** The parsed source files that belong to one package. */
export function sourcesOf(project: Project, folder: string): SourceFile[] {
  const prefix = join(root, "packages", folder, "src") + sep;
  return project.program
    .getSourceFileNames()
    .filter((name) => join(name).startsWith(prefix))
    .map((name) => project.program.getSourceFile(name))
    .filter((file) => file !== undefined);
}

/** The path of a source file from the root. */
export function pathOf(file: SourceFile): string {
  return relative(root, file.fileName).split(sep).join("/");
}

/** The 1-based line of a position. */
export function lineAt(file: SourceFile, position: number): number {
  let line = 1;
  for (
    let i = file.text.indexOf("\n");
    i >= 0 && i < position;
    i = file.text.indexOf("\n", i + 1)
  ) {
    line += 1;
  }
  return line;
}

/** Calls `visit` for a node and everything below it. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
    return undefined;
  });
}

/** Everything reachable from each `index.ts`; a re-export is told once, where it is declared. */
export function publicNames(): PublicName[] {
  return withProjects((projects) =>
    [...projects].flatMap(([folder, project]) => {
      return exportsOf(project, folder).flatMap((symbol) => describe(project, folder, symbol));
    }),
  );
}

/** The exported names of each package as `kind name` lines, re-exports included. */
export function exportedLines(): Map<string, string[]> {
  return withProjects((projects) => {
    const result = new Map<string, string[]>();
    for (const [folder, project] of projects) {
      const lines = exportsOf(project, folder).map((symbol) => {
        const target = targetOf(project, symbol);
        return `${target.flags & SymbolFlags.Value ? kindOf(target) : "type"} ${symbol.name}`;
      });
      result.set(folder, lines.toSorted());
    }
    return result;
  });
}

function exportsOf(project: Project, folder: string): readonly TsSymbol[] {
  const index = project.program.getSourceFile(join(root, "packages", folder, "src/index.ts"));
  const module = index && project.checker.getSymbolAtLocation(index);
  return module === undefined ? [] : project.checker.getExportsOfModule(module);
}

function targetOf(project: Project, symbol: TsSymbol): TsSymbol {
  return symbol.flags & SymbolFlags.Alias ? project.checker.getAliasedSymbol(symbol) : symbol;
}

function kindOf(symbol: TsSymbol): PublicName["kind"] {
  if (symbol.flags & SymbolFlags.Class) return "class";
  if (symbol.flags & SymbolFlags.Function) return "function";
  if (symbol.flags & SymbolFlags.Variable) return "constant";
  if (symbol.flags & SymbolFlags.Module) return "namespace";
  return "type";
}

function describe(project: Project, folder: string, symbol: TsSymbol): PublicName[] {
  const target = targetOf(project, symbol);
  const declarations = target.declarations.map((handle) => handle.resolve(project));
  const own = declarations.filter(
    (node) =>
      node !== undefined && pathOf(node.getSourceFile()).startsWith(`packages/${folder}/src/`),
  ) as Node[];
  const first = own[0];
  if (first === undefined) return [];
  // An overloaded function is documented once, on whichever signature carries the comment.
  const doc = own.map(docOf).find((text) => text !== undefined);
  const exported = entry(folder, symbol.name, kindOf(target), first, doc);
  return [exported, ...own.flatMap((node) => membersOf(project, folder, node))];
}

/** The members that a class documents itself: not what it overrides or what its contract tells. */
function membersOf(project: Project, folder: string, node: Node): PublicName[] {
  if (node.kind !== SyntaxKind.ClassDeclaration) return [];
  const { members, name: className } = node as Node & { members: readonly Member[]; name?: Node };
  const told = toldByContracts(project, node);
  const found = new Map<string, PublicName>();
  for (const member of members) {
    const name = member.name?.getText();
    const doc = docOf(member);
    if (name === undefined || name.startsWith("#") || isHidden(member) || isInternal(doc)) continue;
    const key = `${className?.getText() ?? ""}.${name}`;
    const documented = doc ?? told.get(name);
    if (found.get(key)?.doc === undefined) {
      found.set(key, entry(folder, key, "member", member, documented));
    }
  }
  return [...found.values()];
}

type Member = Node & { name?: Node; modifiers?: readonly Node[] };

function isHidden(member: Member): boolean {
  const hiding = [SyntaxKind.PrivateKeyword, SyntaxKind.OverrideKeyword];
  return member.modifiers?.some(({ kind }) => hiding.includes(kind)) ?? false;
}

/** What the types after `implements` say about their members. */
function toldByContracts(project: Project, node: Node): Map<string, string> {
  const { heritageClauses = [] } = node as Node & {
    heritageClauses?: readonly (Node & { types: readonly (Node & { expression: Node })[] })[];
  };
  const told = new Map<string, string>();
  for (const { expression } of heritageClauses.flatMap((clause) => clause.types)) {
    const symbol = project.checker.getSymbolAtLocation(expression);
    const declarations = symbol === undefined ? [] : targetOf(project, symbol).declarations;
    for (const handle of declarations) {
      const declaration = handle.resolve(project) as
        | (Node & { members?: readonly Member[]; type?: Node & { members?: readonly Member[] } })
        | undefined;
      for (const member of declaration?.members ?? declaration?.type?.members ?? []) {
        const doc = docOf(member);
        const name = member.name?.getText();
        if (doc !== undefined && name !== undefined) told.set(name, doc);
      }
    }
  }
  return told;
}

function isInternal(doc: string | undefined): boolean {
  return doc !== undefined && doc.includes("@internal");
}

function entry(
  folder: string,
  name: string,
  kind: PublicName["kind"],
  node: Node,
  doc: string | undefined,
): PublicName {
  const file = node.getSourceFile();
  const line = lineAt(file, node.getStart());
  return { packageName: folder, name, kind, file: pathOf(file), line, doc };
}

/** The text of the last documentation comment before a declaration, without the stars. */
function docOf(node: Node): string | undefined {
  // `export const x = …`: the comment belongs to the statement, two levels above the name.
  const owner = node.kind === SyntaxKind.VariableDeclaration ? node.parent.parent : node;
  const comment = (owner as Node & { jsDoc?: readonly Node[] }).jsDoc?.at(-1);
  if (comment === undefined) return undefined;
  return node
    .getSourceFile()
    .text.slice(comment.pos, comment.end)
    .trim()
    .replace(/^\/\*\*|\*\/$/g, "")
    .replace(/^[ \t]*\*[ \t]?/gm, "")
    .trim();
}
