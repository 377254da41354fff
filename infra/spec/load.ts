import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { createCompiler, type HogCompiler } from "../hog/compile.ts";
import type { Code } from "./codes.ts";
import { type Diagnostic, tidy } from "./diagnostic.ts";
import { type DestinationSource, type LowerOptions, lowerDestination } from "./lower.ts";
import type { LoweredDestination } from "./lowered.ts";
import { MAX_BYTES, type ParsedYaml, parseYaml, tooLarge, unreadable } from "./parse.ts";
import { nearest } from "./suggest.ts";

/** All files of a project, parsed. */
export type Project = {
  destinations: DestinationSource[];
  /** `<slug>.test.yaml`; the slug is that of a destination which is there. */
  samples: DestinationSource[];
  handlers: ReadonlySet<string>;
  compiler: HogCompiler;
  /** What is wrong with names and places; what is wrong in a file is in the file. */
  diagnostics: Diagnostic[];
};

export const FOLDER = "destinations";
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Reads `<root>/destinations`. Throws only when the folder cannot be read for another reason than not being there. */
export async function loadProject(root: string): Promise<Project> {
  const diagnostics: Diagnostic[] = [];
  const report = (file: string, message: string, hint: string) =>
    diagnostics.push({ ...misplaced(file, message), hint });

  const names = await list(join(root, FOLDER), "files");
  if (names === undefined)
    report(FOLDER, "there is no folder `destinations`", "Run this in the project's folder.");
  const files = (names ?? []).filter((name) => /\.ya?ml$/i.test(name));
  const destinations: DestinationSource[] = [];
  const samples: DestinationSource[] = [];

  for (const name of files.sort()) {
    const file = `${FOLDER}/${name}`;
    const [, slug = "", isSample] = /^(.*?)(\.test)?\.ya?ml$/i.exec(name) ?? [];
    const meant = `${kebab(slug)}${isSample ?? ""}.yaml`;
    if (name !== meant || !SLUG.test(slug)) {
      const hint = SLUG.test(kebab(slug)) ? `Rename it to ${meant}.` : "For example: new-signups.yaml";
      report(
        file,
        "a file's name is lower-case words with hyphens, and `.yaml`: it is the destination's identity",
        hint,
      );
    } else {
      (isSample ? samples : destinations).push({ slug, ...(await read(root, file)) });
    }
  }
  for (const { slug, source } of samples) {
    if (files.includes(`${slug}.yaml`)) continue;
    const near = nearest(
      slug,
      destinations.map((destination) => destination.slug),
    );
    const hint = near
      ? `Did you mean ${near}.test.yaml?`
      : `Add ${FOLDER}/${slug}.yaml, or remove the samples.`;
    report(source.file, `these samples have no destination ${slug}.yaml`, hint);
  }
  for (const folder of (await list(join(root, FOLDER), "folders")) ?? []) {
    for (const name of (await list(join(root, FOLDER, folder), "files")) ?? []) {
      if (!/\.ya?ml$/i.test(name)) continue;
      const file = `${FOLDER}/${folder}/${name}`;
      if (folder === "filters") {
        diagnostics.push({ ...misplaced(file, "event filters are not supported yet"), code: "HW014" });
      } else {
        report(file, "a destination in a folder of its own is not read", `Move it to ${FOLDER}/.`);
      }
    }
  }
  const handlers = (await list(join(root, FOLDER, "handlers"), "files")) ?? [];
  return {
    destinations,
    samples: samples.filter(({ slug }) => destinations.some((destination) => destination.slug === slug)),
    handlers: new Set(handlers.flatMap((name) => /^([^.]+)\.ts$/.exec(name)?.[1] ?? [])),
    compiler: await createCompiler(),
    diagnostics,
  };
}

export type LoweredProject = {
  /** Without those that are absent from the stack or have errors. */
  destinations: { lowered: LoweredDestination; handlers: string[]; file: string }[];
  /** Everything that is wrong, the project's own diagnostics included. */
  diagnostics: Diagnostic[];
};

/** All destinations as one stack has them. With an error among the diagnostics nothing may be applied. */
export function lowerProject(project: Project, options: LowerOptions): LoweredProject {
  const lowerings = project.destinations.map((destination) => ({
    file: destination.source.file,
    ...lowerDestination(destination, options, project.handlers, project.compiler),
  }));
  return {
    destinations: lowerings.flatMap(({ lowered, handlers, file }) =>
      lowered ? [{ lowered, handlers, file }] : [],
    ),
    diagnostics: tidy([...project.diagnostics, ...lowerings.flatMap(({ diagnostics }) => diagnostics)]),
  };
}

export function misplaced(file: string, message: string): Diagnostic {
  const code: Code = "HW008";
  return { code, severity: "error", message, span: { file, line: 1, column: 1, endLine: 1, endColumn: 1 } };
}

async function read(root: string, file: string): Promise<ParsedYaml> {
  try {
    const path = join(root, file);
    // What a link shows would be in the diagnostics; and a pipe or a device has no end.
    const isLink = (await lstat(path)).isSymbolicLink();
    if (isLink && !(await realpath(path)).startsWith(join(await realpath(root), sep))) {
      return unreadable(file, "this link leads out of the project", "Put the destination itself here.");
    }
    const found = await stat(path);
    if (!found.isFile())
      return unreadable(file, "this is not a regular file", "Put the destination itself here.");
    const { size } = found;
    return size > MAX_BYTES ? tooLarge(file, size) : parseYaml(file, await readFile(path));
  } catch (error) {
    return unreadable(file, `the file cannot be read: ${String(errorCode(error))}`, "Check its permissions.");
  }
}

async function list(folder: string, kind: "files" | "folders"): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() === (kind === "folders") && !entry.name.startsWith("."))
      .map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Throws what is not an error of the file system. */
function errorCode(error: unknown): unknown {
  if (error instanceof Error && "code" in error) return error.code;
  throw error;
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}
