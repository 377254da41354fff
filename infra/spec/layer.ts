import type { HogCompiler } from "../hog/compile.ts";
import type { Code } from "./codes.ts";
import { type Diagnostic, tidy } from "./diagnostic.ts";
import { ABSENT, environmentsOf, overlay } from "./overlay.ts";
import type { ParsedYaml } from "./parse.ts";
import { isMap, type Path, valueAt } from "./path.ts";
import { type Places, type Resolver, resolveReferences } from "./references.ts";
import { type Problem, type Report, type Tools, toDiagnostic } from "./report.ts";
import { nearest } from "./suggest.ts";

export type LayerOptions = {
  /** The stack whose environment is merged over the file; none: the file without environments. */
  stack?: string | undefined;
  /** None when offline: references stand for themselves, and nothing is said about their values. */
  resolver?: Resolver | undefined;
  /** Rules left out, for the tests of the rules. */
  without?: readonly Code[] | undefined;
};

/** A file as one stack has it, and what gathers what is wrong with it. */
export type Layer = {
  value: unknown;
  /** Where a `${secret:}` stood. */
  secrets: Path[];
  /** Whether a reference that is not known stands at a path or above it. */
  isUnknown: (path: Path) => boolean;
  tools: Tools;
  /** All that was reported, with its place in the file. */
  diagnostics: () => Diagnostic[];
};

// Said once a file: it would be said at most conditions of a file that never thought of it.
const ONCE: readonly Code[] = ["HW075"];

/** Merges the stack's environment over the file and puts in its references; `ABSENT` where it is not in this stack. */
export function layer(
  { source, value, diagnostics }: ParsedYaml,
  { stack, resolver, without = [] }: LayerOptions,
  placesOf: (merged: unknown) => Places,
  compiler: HogCompiler,
): Layer | typeof ABSENT {
  const merged = isMap(value) ? overlay(value, stack) : value;
  if (merged === ABSENT) return ABSENT;
  const problems: Problem[] = [];
  const keep: Report = (problem) => {
    const isSaid = ONCE.includes(problem.code) && problems.some(({ code }) => code === problem.code);
    if (!isSaid && !without.includes(problem.code)) problems.push(problem);
  };
  const resolved = resolveReferences(merged, resolver, stack, placesOf(merged), keep);
  const isUnknown = (path: Path) =>
    resolved.unknown.some((unknown) => unknown.every((key, at) => path[at] === key));
  const report: Report = (problem) => {
    if (!isUnknown(problem.path)) keep(problem);
  };
  const isAsWritten = (path: Path) => valueAt(merged, path) === valueAt(resolved.value, path);
  checkEnvironments(value, stack, report);
  const roots: Path[] = stack === undefined ? [[]] : [["environments", stack], []];
  return {
    value: resolved.value,
    secrets: resolved.secrets,
    isUnknown,
    tools: { compiler, report, origins: new Map(), texts: [] },
    diagnostics: () =>
      tidy([
        ...diagnostics,
        ...problems
          .map((problem) => redact(problem, resolved.secretValues))
          .map((problem) =>
            toDiagnostic(source, roots, isAsWritten(problem.path) ? problem : whole(problem)),
          ),
      ]),
  };
}

/** Offsets count in the text with its references put in, which is not the one in the file. */
function whole({ within, fix, ...problem }: Problem): Problem {
  if (problem.source) return { ...problem, ...(within ? { within } : {}) };
  return fix && fix.kind !== "splice" ? { ...problem, fix } : problem;
}

/** The compiler's messages quote what they do not understand (law 5). */
function redact({ message, hint, ...problem }: Problem, secrets: string[]): Problem {
  const clean = (text: string) => secrets.reduce((shorter, secret) => shorter.replaceAll(secret, "…"), text);
  return { ...problem, message: clean(message), ...(hint === undefined ? {} : { hint: clean(hint) }) };
}

function checkEnvironments(file: unknown, stack: string | undefined, report: Report): void {
  if (isMap(file)) checkEnvironmentValues(file.environments, report);
  if (stack === undefined) return;
  const environments = environmentsOf(file);
  const own = environments[stack];
  const near = own === undefined ? nearest(stack, Object.keys(environments)) : undefined;
  if (near !== undefined) {
    // `prdo: absent` would be live in `prod` (law 1); but `eu` beside `us` is no mistake.
    const message = `this stack is \`${stack}\`, so the environment \`${near}\` has no effect here`;
    const hint = `If \`${stack}\` is meant, mend the name.`;
    report({ code: "HW016", severity: "warning", path: ["environments", near], part: "key", message, hint });
  }
  if (!isMap(own) || !("environments" in own)) return;
  report({
    code: "HW010",
    path: ["environments"],
    part: "key",
    message: "an environment cannot have `environments`",
  });
}

/** What is in an environment is checked by merging it; here only that it is one. */
function checkEnvironmentValues(environments: unknown, report: Report): void {
  if (environments === undefined) return;
  if (!isMap(environments)) {
    const message = "`environments` must be a map of stack names";
    report({ code: "HW011", path: ["environments"], message, hint: "Write `environments: { prod: … }`." });
    return;
  }
  for (const [stack, own] of Object.entries(environments)) {
    if (own === "absent" || isMap(own)) continue;
    const path = ["environments", stack];
    const message = `\`environments.${stack}\` must be \`absent\` or a map`;
    const isSlip = typeof own === "string" && nearest(own, ["absent"]) !== undefined;
    const hint = isSlip ? "Did you mean `absent`?" : "The keys of the map are laid over the file.";
    report({
      code: "HW011",
      path,
      message,
      hint,
      ...(isSlip ? { fix: { kind: "set", value: "absent" } } : {}),
    });
  }
}
