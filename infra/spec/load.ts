import { join } from "node:path";
import { createCompiler, type HogCompiler } from "../hog/compile.ts";
import type { Code } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { DestinationSource } from "./lower.ts";
import type { EventFilterSource } from "./lowering/event-filter.ts";
import { SLUG } from "./model/lifecycle.ts";
import { decode, notUtf8, type ParsedYaml } from "./parse.ts";
import { type Edited, listNames, readBytes, readYaml } from "./read-file.ts";
import { createSource, type SourceFile } from "./source.ts";
import { nearest } from "./suggest.ts";

/** All files of a project, parsed. */
export type Project = {
  destinations: DestinationSource[];
  /** `destinations/filters/<slug>.yaml` */
  eventFilters: EventFilterSource[];
  /** `<slug>.test.yaml`; the slug is that of a destination which is there. */
  samples: DestinationSource[];
  /** `destinations/fixtures.test.yaml` */
  fixtures: ParsedYaml | undefined;
  /** `policy.yaml` */
  policy: ParsedYaml | undefined;
  /** The stacks that have a `Pulumi.<stack>.yaml`. */
  stacks: string[];
  handlers: ReadonlySet<string>;
  /** Hog code, by its path from `destinations/`; `undefined` for a file that cannot be read. */
  code: ReadonlyMap<string, SourceFile | undefined>;
  compiler: HogCompiler;
  /** What is wrong with names and places; what is wrong in a file is in the file. */
  diagnostics: Diagnostic[];
};

export const FOLDER = "destinations";
export const FIXTURES = `${FOLDER}/fixtures.test.yaml`;
const FILTERS = "filters";
export const POLICY = "policy.yaml";

export type LoadOptions = {
  /** Texts that are not on disk yet. */
  edited?: Edited | undefined;
  /** The whole one unless another is given. */
  compiler?: HogCompiler;
};

/** Reads `<root>/destinations` and `policy.yaml`. Throws only when the folder cannot be read for another reason than not being there. */
export async function loadProject(root: string, { edited, compiler }: LoadOptions = {}): Promise<Project> {
  const diagnostics: Diagnostic[] = [];
  const names = await listNames(join(root, FOLDER), "files");
  if (names === undefined) {
    const hint = "Run this in the project's folder.";
    diagnostics.push({ ...misplaced(FOLDER, "there is no folder `destinations`"), hint });
  }
  const folders = (await listNames(join(root, FOLDER), "folders")) ?? [];
  const isYaml = (name: string) => /\.ya?ml$/i.test(name);
  const files = (names ?? []).filter((name) => isYaml(name) && `${FOLDER}/${name}` !== FIXTURES);
  const filters = (await listNames(join(root, FOLDER, FILTERS), "files")) ?? [];
  const destinationFiles = named(files, FOLDER, diagnostics);
  const filterFiles = named(filters.filter(isYaml), `${FOLDER}/${FILTERS}`, diagnostics);
  const destinations = await Promise.all(
    destinationFiles
      .filter(({ isSample }) => !isSample)
      .map(async ({ slug, file }) => ({ slug, ...(await readYaml(root, file, edited)) })),
  );
  const slugs = new Set(destinations.map(({ slug }) => slug));
  const sampleFiles = destinationFiles.filter(({ slug, file, isSample }) => {
    if (isSample && !files.includes(`${slug}.yaml`)) diagnostics.push(withoutDestination(slug, file, slugs));
    return isSample && slugs.has(slug);
  });
  for (const folder of folders.filter((name) => name !== FILTERS)) {
    for (const name of (await listNames(join(root, FOLDER, folder), "files")) ?? []) {
      if (!isYaml(name)) continue;
      const message = "a destination in a folder of its own is not read";
      diagnostics.push({
        ...misplaced(`${FOLDER}/${folder}/${name}`, message),
        hint: `Move it to ${FOLDER}/.`,
      });
    }
  }
  const inRoot = (await listNames(root, "files")) ?? [];
  const handlers = (await listNames(join(root, FOLDER, "handlers"), "files")) ?? [];
  return {
    destinations,
    eventFilters: await Promise.all(
      filterFiles
        .filter(({ isSample }) => !isSample)
        .map(async ({ slug, file }) => ({ slug, ...(await readYaml(root, file, edited)) })),
    ),
    samples: await Promise.all(
      sampleFiles.map(async ({ slug, file }) => ({ slug, ...(await readYaml(root, file, edited)) })),
    ),
    fixtures: (names ?? []).includes("fixtures.test.yaml")
      ? await readYaml(root, FIXTURES, edited)
      : undefined,
    policy: inRoot.includes(POLICY) ? await readYaml(root, POLICY, edited) : undefined,
    stacks: inRoot.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []),
    handlers: new Set(handlers.flatMap((name) => /^([^.]+)\.ts$/.exec(name)?.[1] ?? [])),
    code: await loadCode(root, folders, diagnostics),
    compiler: compiler ?? (await createCompiler()),
    diagnostics,
  };
}

export function misplaced(file: string, message: string): Diagnostic {
  const code: Code = "HW008";
  return { code, severity: "error", message, span: { file, line: 1, column: 1, endLine: 1, endColumn: 1 } };
}

type Named = { slug: string; file: string; isSample: boolean };

/** Files whose name can be an identity; the others are reported. */
function named(names: string[], folder: string, diagnostics: Diagnostic[]): Named[] {
  return names.flatMap((name) => {
    const [, slug = "", sample] = /^(.*?)(\.test)?\.ya?ml$/i.exec(name) ?? [];
    const file = `${folder}/${name}`;
    const isSample = sample !== undefined;
    const isReserved = folder === FOLDER && slug === "fixtures";
    if (name === `${kebab(slug)}${sample ?? ""}.yaml` && SLUG.test(slug) && !isReserved) {
      if (!isSample || folder === FOLDER) return [{ slug, file, isSample }];
      const hint = "Test it through the destinations that use it.";
      diagnostics.push({ ...misplaced(file, "an event filter has no samples of its own"), hint });
      return [];
    }
    const message = isReserved
      ? "a destination cannot be called `fixtures`: that file is for samples"
      : "a file's name is lower-case words with hyphens, and `.yaml`: it is the destination's identity";
    const meant = `${kebab(slug)}${sample ?? ""}.yaml`;
    const hint =
      SLUG.test(kebab(slug)) && !isReserved ? `Rename it to ${meant}.` : "For example: new-signups.yaml";
    diagnostics.push({ ...misplaced(file, message), hint });
    return [];
  });
}

function withoutDestination(slug: string, file: string, slugs: Set<string>): Diagnostic {
  const near = nearest(slug, slugs);
  const hint = near
    ? `Did you mean ${near}.test.yaml?`
    : `Add ${FOLDER}/${slug}.yaml, or remove the samples.`;
  return { ...misplaced(file, `these samples have no destination ${slug}.yaml`), hint };
}

/** `*.hog` in `destinations/` and in the folders of it. */
async function loadCode(
  root: string,
  folders: string[],
  diagnostics: Diagnostic[],
): Promise<Map<string, SourceFile | undefined>> {
  const code = new Map<string, SourceFile | undefined>();
  for (const folder of ["", ...folders.map((name) => `${name}/`)]) {
    for (const name of (await listNames(join(root, FOLDER, folder), "files")) ?? []) {
      if (!name.endsWith(".hog")) continue;
      const file = `${FOLDER}/${folder}${name}`;
      const bytes = await readBytes(root, file);
      const text = bytes instanceof Uint8Array ? decode(bytes) : undefined;
      code.set(`${folder}${name}`, text === undefined ? undefined : createSource(file, text));
      if (text === undefined)
        diagnostics.push(...(bytes instanceof Uint8Array ? notUtf8(file) : bytes).diagnostics);
    }
  }
  return code;
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}
