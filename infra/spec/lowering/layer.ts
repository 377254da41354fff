import type { HogCompiler } from "../../hog/compile.ts";
import type { Code } from "../codes.ts";
import { type Diagnostic, tidy } from "../diagnostic.ts";
import type { ParsedYaml } from "../parse.ts";
import { dotted, isMap, type Path, valueAt } from "../path.ts";
import { type Problem, type Report, type Tools, toDiagnostic } from "../report.ts";
import { nearest } from "../suggest.ts";
import { ABSENT, environmentsOf, MAX_ENVIRONMENTS, overlay } from "./overlay.ts";
import { type Places, type Resolved, type Resolver, resolveReferences } from "./references.ts";

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
  // A key is known, whatever its value turns out to be.
  const report: Report = (problem) => {
    if (problem.part === "key" || !isUnknown(problem.path)) keep(problem);
  };
  const environments = Object.values(environmentsOf(value));
  // What has no effect in the base may have one in an environment that is laid over it.
  const isAlone = ([section = ""]: Path) =>
    stack !== undefined || !environments.some((own) => isMap(own) && Object.hasOwn(own, section));
  const isAsWritten = (path: Path) => valueAt(merged, path) === valueAt(resolved.value, path);
  checkEnvironments(value, stack, report);
  const hasOwn = stack !== undefined && Object.hasOwn(environmentsOf(value), stack);
  const roots: Path[] = hasOwn ? [["environments", stack], []] : [[]];
  return {
    value: resolved.value,
    secrets: resolved.secrets,
    isUnknown,
    tools: { compiler, report, secrets: resolved.secrets, origins: new Map(), texts: [] },
    diagnostics: () =>
      tidy([
        ...diagnostics,
        ...problems
          .map((problem) => redact(problem, resolved))
          .map((problem) => (isAlone(problem.path) ? problem : withoutRemoval(problem)))
          .map((problem) =>
            toDiagnostic(source, roots, isAsWritten(problem.path) ? problem : whole(problem)),
          ),
      ]),
  };
}

/** Offsets count in the text with its references put in, which is not the one in the file. */
function whole({ within, fix, ...problem }: Problem): Problem {
  if (problem.source) return { ...problem, ...(within ? { within } : {}) };
  const isOffset = [fix ?? []].flat().some(({ kind }) => kind === "splice");
  return fix && !isOffset ? { ...problem, fix } : problem;
}

function withoutRemoval({ fix, ...problem }: Problem): Problem {
  return fix && ![fix].flat().some(({ kind }) => kind === "remove") ? { ...problem, fix } : problem;
}

/**
 * The compiler's messages quote what they do not understand (law 5), and no further than they understood: where a secret
 * stands, a quote with a word of one goes whole.
 */
function redact({ message, hint, ...problem }: Problem, { secrets, secretValues }: Resolved): Problem {
  const isBeside =
    problem.code.startsWith("HW04") && secrets.some((path) => dotted(path) === dotted(problem.path));
  const tells = (word: string) => secretValues.some((secret) => secret.includes(word));
  function clean(text: string): string {
    const shorter = secretValues.reduce((left, secret) => left.replaceAll(secret, "…"), text);
    if (!isBeside) return shorter;
    return shorter.replace(/'[^']*'|`[^`]*`|\{[^}]*\}/g, (quote) =>
      quote.match(/\w{2,}/g)?.some(tells) ? "…" : quote,
    );
  }
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
  const entries = Object.entries(environments);
  if (entries.length > MAX_ENVIRONMENTS) {
    const message = `there are ${entries.length} environments: at most ${MAX_ENVIRONMENTS} are checked`;
    report({ code: "HW003", path: ["environments"], part: "key", message });
  }
  for (const [stack, own] of entries) {
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
