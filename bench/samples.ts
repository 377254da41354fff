import crypto from "node:crypto";
import vm from "@posthog/hogvm";
import { filterGlobals, inputGlobals } from "../infra/hog/globals.ts";
import { regex } from "../infra/hog/regex.ts";
import type { Bytecode } from "../infra/hog/types.ts";
import { lowerEverywhere } from "../infra/spec/check.ts";
import { loadProject } from "../infra/spec/load.ts";
import type { LoweredDestination } from "../infra/spec/lowered.ts";
import { toHogFilters } from "../infra/spec/lowering/filters.ts";
import { samplesModel } from "../infra/spec/model/samples.ts";
import { runSamples } from "../infra/spec/samples.ts";
import { writeProject } from "./destinations.ts";
import { median, report } from "./measure.ts";

const DESTINATIONS = 1000;
const ROUNDS = 7;

/**
 * 1,000 destinations with 5 samples each, from their parsed YAML to their verdicts; against the same bytecode with the same
 * globals, both ready-made, bare on `@posthog/hogvm`. One evaluation is one sample.
 */
export async function samples(): Promise<void> {
  const { root, remove } = writeProject(DESTINATIONS);
  try {
    const project = await loadProject(root);
    const { destinations } = lowerEverywhere(project, []);
    const files = destinations.map(({ slug, environments }) => {
      const file = project.samples.find((one) => one.slug === slug);
      const lowered = environments.get(undefined)?.lowering.lowered;
      if (file === undefined || lowered === undefined) throw new Error(slug);
      return { file, environments, bare: bareRuns(lowered, file.value, project.compiler) };
    });
    const runBare = () => {
      for (const { bare } of files) for (const run of bare) run();
    };
    const runOurs = () => {
      for (const { file, environments } of files) {
        const { failed, passed } = runSamples(file, {
          environments,
          fixtures: {},
          compiler: project.compiler,
        });
        if (failed > 0 || passed !== 5) throw new Error(file.slug);
      }
    };
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const bare = timed(runBare);
      const ours = timed(runOurs);
      rounds.push({ bare, ours, ratio: bare / ours });
    }
    const typical = median(rounds, ({ ratio }) => ratio);
    const evaluations = DESTINATIONS * 5;
    report("samples", {
      evals_per_s: Math.round((evaluations / typical.ours) * 1000),
      bare_per_s: Math.round((evaluations / typical.bare) * 1000),
      ratio: typical.ratio,
    });
  } finally {
    remove();
  }
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** For each sample a function that runs its filter and, when it matches, its templates; nothing else. */
function bareRuns(
  lowered: LoweredDestination,
  file: unknown,
  compiler: Awaited<ReturnType<typeof loadProject>>["compiler"],
): (() => void)[] {
  const filter = compiler.filters(toHogFilters(lowered.filters, new Map()));
  const payload =
    "webhook" in lowered ? bodyOf(lowered.webhook) : "template" in lowered ? lowered.template.inputs : {};
  const templates = leaves(compiler.templateTree(payload));
  const project = { id: 1, name: "Sample project", url: "https://us.posthog.com/project/1" };
  const source = { name: lowered.name, url: project.url };
  return samplesModel.parse(file).map(({ event: written, person }) => {
    const given = typeof written === "string" ? { event: written } : written;
    const event = {
      uuid: "01900000-0000-7000-8000-000000000000",
      timestamp: "2026-01-01T00:00:00.000Z",
      distinct_id: "sample-user",
      event: given.event,
      properties: given.properties ?? {},
      elements_chain: "",
    };
    const properties = typeof person === "object" ? (person?.properties ?? {}) : {};
    const occasion = {
      event,
      person: { id: "01900000-0000-7000-8000-000000000001", properties },
      groups: [],
    };
    const globals = filterGlobals(occasion);
    const inputs = inputGlobals({ ...occasion, project, source });
    return () => {
      if (run(filter, globals) !== true) return;
      for (const template of templates) run(template, inputs);
    };
  });
}

function bodyOf({ url, headers, body }: { url: string; headers?: unknown; body: unknown }): unknown {
  return { url, headers: headers ?? { "Content-Type": "application/json" }, body };
}

function leaves(tree: unknown): Bytecode[] {
  if (Array.isArray(tree)) return tree[0] === "_H" ? [tree] : tree.flatMap(leaves);
  return typeof tree === "object" && tree !== null ? Object.values(tree).flatMap(leaves) : [];
}

function run(bytecode: Bytecode, globals: Record<string, unknown>): unknown {
  const { result } = vm.exec(bytecode, { globals, external: { crypto, regex }, maxAsyncSteps: 0 });
  return vm.convertHogToJS(result);
}
