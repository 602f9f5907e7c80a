import { builtinModules } from "node:module";
import { join, normalize } from "node:path";

import { SyntaxKind, type Node, type SourceFile } from "typescript/unstable/ast";
import { expect, it } from "vitest";

import { lineAt, pathOf, sourcesOf, walk, withProjects } from "../lib/public-surface.ts";
import { packageFolders, read } from "../lib/workspace.ts";

/** Who may import whom; nothing points up or sideways. docs/internals/packages.md draws it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  closure: [],
  storage: [],
  graph: ["closure"],
  delayed: ["closure", "graph"],
  bag: ["closure", "graph", "storage"],
  dataframe: ["closure", "graph", "storage"],
  distributed: ["closure", "graph"],
  dashboard: [],
  millrace: ["closure", "storage", "graph", "delayed", "bag", "dataframe", "distributed"],
};

/** Third-party packages that may be imported in some places only. */
const WALLS: Readonly<Record<string, readonly string[]>> = {
  "apache-arrow": ["packages/dataframe/src/", "packages/distributed/src/codec/"],
  ws: ["packages/distributed/src/"],
  msgpackr: ["packages/distributed/src/"],
  immutable: ["packages/graph/src/"],
  commander: ["packages/millrace/src/cli/"],
  "@peculiar/x509": ["packages/distributed/src/deploy/security/"],
};

type Manifest = {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};

type Import = { readonly folder: string; readonly specifier: string; readonly where: string };

const folders = packageFolders();
const manifests = new Map(folders.map((name) => [name, manifestOf(name)]));
const folderOfName = new Map([...manifests].map(([folder, manifest]) => [manifest.name, folder]));
const imports = withProjects((projects) =>
  [...projects].flatMap(([folder, project]) =>
    sourcesOf(project, folder).flatMap((file) => importsOf(folder, file)),
  ),
);

it("every package folder has a row in the direction table", () => {
  expect(folders.filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
});

it("the imports between packages were found at all", () => {
  expect(imports.length).toBeGreaterThan(folders.length);
});

it("no import between packages points up or sideways", () => {
  const wrong = imports.flatMap(({ folder, specifier, where }) => {
    const target = folderOfName.get(packageOf(specifier));
    if (target === undefined || MAY_IMPORT[folder]?.includes(target)) return [];
    return [`${where}: ${folder} may not import ${specifier}`];
  });
  expect(wrong).toEqual([]);
});

it("no relative import leaves its package", () => {
  const wrong = imports.flatMap(({ folder, specifier, where }) => {
    if (!specifier.startsWith(".")) return [];
    const target = normalize(join(where.slice(0, where.lastIndexOf("/")), specifier));
    return target.startsWith(`packages/${folder}/src/`) ? [] : [`${where}: ${specifier}`];
  });
  expect(wrong).toEqual([]);
});

it("packages are imported by the entries they export, never by a path inside them", () => {
  const wrong = imports.filter(({ specifier }) => {
    const name = packageOf(specifier);
    const folder = folderOfName.get(name);
    const entries = Object.keys(manifests.get(folder ?? "")?.exports ?? {});
    return folder !== undefined && !entries.includes(`.${specifier.slice(name.length)}`);
  });
  expect(wrong).toEqual([]);
});

it("the declared dependencies between packages follow the table", () => {
  const wrong = [...manifests].flatMap(([folder, manifest]) =>
    declared(manifest).flatMap((name) => {
      const target = folderOfName.get(name);
      if (target === undefined || MAY_IMPORT[folder]?.includes(target)) return [];
      return [`packages/${folder}/package.json: may not depend on ${name}`];
    }),
  );
  expect(wrong).toEqual([]);
});

it("the TypeScript project references are the declared dependencies between packages", () => {
  for (const [folder, manifest] of manifests) {
    const config = JSON.parse(read(`packages/${folder}/tsconfig.json`)) as {
      references?: readonly { path: string }[];
    };
    const references = (config.references ?? []).map((reference) => reference.path.slice(3));
    const dependencies = declared(manifest).flatMap((name) => folderOfName.get(name) ?? []);
    expect({ folder, references: references.toSorted() }).toEqual({
      folder,
      references: dependencies.toSorted(),
    });
  }
});

it("every import is declared in the package's own package.json", () => {
  const builtins = new Set(builtinModules);
  const wrong = imports.flatMap(({ folder, specifier, where }) => {
    if (specifier.startsWith(".") || specifier.startsWith("node:")) return [];
    if (builtins.has(specifier)) return [`${where}: write node:${specifier}`];
    const manifest = manifests.get(folder);
    if (manifest !== undefined && declared(manifest).includes(packageOf(specifier))) return [];
    return [`${where}: ${specifier} is not declared in packages/${folder}/package.json`];
  });
  expect(wrong).toEqual([]);
});

it("every declared dependency is imported", () => {
  const wrong = [...manifests].flatMap(([folder, manifest]) => {
    const used = new Set(
      imports.filter((each) => each.folder === folder).map((each) => packageOf(each.specifier)),
    );
    return Object.keys(manifest.dependencies ?? {})
      .filter((name) => !used.has(name))
      .map((name) => `packages/${folder}/package.json: ${name} is never imported`);
  });
  expect(wrong).toEqual([]);
});

it("third-party packages stay behind their walls", () => {
  const wrong = imports.filter(({ specifier, where }) => {
    const places = WALLS[packageOf(specifier)];
    return places !== undefined && !places.some((place) => where.startsWith(place));
  });
  expect(wrong).toEqual([]);
});

function manifestOf(folder: string): Manifest {
  return JSON.parse(read(`packages/${folder}/package.json`)) as Manifest;
}

function declared(manifest: Manifest): string[] {
  return [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap(
    (group) => Object.keys(group ?? {}),
  );
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

/** Static, type-only, re-exporting and dynamic imports, and `require("…")`. */
function importsOf(folder: string, file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(file, (node) => {
    const literal = specifierOf(node);
    if (literal === undefined) return;
    const where = `${pathOf(file)}:${lineAt(file, literal.getStart())}`;
    found.push({ folder, specifier: literal.getText().slice(1, -1), where });
  });
  return found;
}

type WithSpecifier = Node & {
  moduleSpecifier?: Node;
  argument?: Node & { literal?: Node };
  expression?: Node;
  arguments?: readonly Node[];
};

function specifierOf(node: WithSpecifier): Node | undefined {
  const literal = ((): Node | undefined => {
    if (node.kind === SyntaxKind.ImportDeclaration) return node.moduleSpecifier;
    if (node.kind === SyntaxKind.ExportDeclaration) return node.moduleSpecifier;
    if (node.kind === SyntaxKind.ImportType) return node.argument?.literal;
    if (node.kind !== SyntaxKind.CallExpression) return undefined;
    const callee = node.expression;
    const loads = callee?.kind === SyntaxKind.ImportKeyword || callee?.getText() === "require";
    return loads ? node.arguments?.[0] : undefined;
  })();
  return literal?.kind === SyntaxKind.StringLiteral ? literal : undefined;
}
