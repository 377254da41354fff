import type { HogCompiler } from "../../hog/compile.ts";
import { AUTOCAPTURE, ignoredFields } from "../../hog/filters/elements.ts";
import { type Diagnostic, hasErrors } from "../diagnostic.ts";
import type { LoweredEventFilter, LoweredStep } from "../lowered.ts";
import type { Incomplete } from "../model/destination.ts";
import { type EventFilterFile, mergedEventFilterModel, type StepFile } from "../model/event-filter.ts";
import type { ParsedYaml } from "../parse.ts";
import type { Path } from "../path.ts";
import type { Tools } from "../report.ts";
import { checkShape, salvage } from "../shape.ts";
import { regexFault } from "./check-property.ts";
import { lowerConditions } from "./conditions.ts";
import { type LayerOptions, layer } from "./layer.ts";
import { lowerLifecycle } from "./lifecycle.ts";
import { ABSENT } from "./overlay.ts";
import { eventFilterPlaces } from "./places.ts";

export type EventFilterSource = ParsedYaml & { slug: string };

export type EventFilterLowering = {
  /** Left out when something is wrong, and when the event filter is absent from this stack. */
  lowered?: LoweredEventFilter;
  absent: boolean;
  diagnostics: Diagnostic[];
};

/** One event filter as one stack has it. */
export function lowerEventFilter(
  parsed: EventFilterSource,
  options: LayerOptions,
  compiler: HogCompiler,
): EventFilterLowering {
  if (parsed.value === undefined) return { absent: false, diagnostics: parsed.diagnostics };
  const file = layer(parsed, options, () => eventFilterPlaces, compiler);
  if (file === ABSENT) return { absent: true, diagnostics: parsed.diagnostics };
  const { tools } = file;
  const whole = checkShape(mergedEventFilterModel, file.value, tools.report);
  const parts = whole ?? salvage(file.value, mergedEventFilterModel.partial()) ?? {};
  const { name, description } = parts;
  const steps = lowerSteps(parts, whole !== undefined, tools);
  const lifecycle = lowerLifecycle(parts, parsed.slug, tools.report);
  const diagnostics = file.diagnostics();
  if (hasErrors(diagnostics) || name === undefined) return { absent: false, diagnostics };
  const text = description?.trim();
  const lowered = {
    slug: parsed.slug,
    name: name.trim(),
    ...(text ? { description: text } : {}),
    steps,
    ...lifecycle,
  };
  return { lowered, absent: false, diagnostics };
}

/** `isWhole`: nothing was taken out of the file because it was wrong. */
function lowerSteps(file: Incomplete<EventFilterFile>, isWhole: boolean, tools: Tools): LoweredStep[] {
  const { name: _name, description: _description, environments: _environments, ...rest } = file;
  const { adopt: _adopt, aliases: _aliases, lifecycle: _lifecycle, steps, ...own } = rest;
  const [first] = Object.keys(own);
  if (steps !== undefined && first !== undefined) {
    const hint = "Move it into `steps`, where each step stands for itself.";
    const message = `\`${first}\` stands beside \`steps\``;
    tools.report({ code: "HW015", path: [first], part: "key", message, hint });
  }
  const written = steps?.map((step, index) => ({ step, path: ["steps", index] })) ?? [
    { step: own, path: [] },
  ];
  return written.map(({ step, path }) => {
    const lowered = lowerStep(step, path, tools);
    if (isWhole && Object.keys(lowered).length === 0) {
      const hint = "Write which `event` it is.";
      tools.report({ code: "HW039", path, message: "this step matches every event", hint });
    }
    return lowered;
  });
}

const TEXTS = ["event", "url", "href", "text", "tag_name", "selector"] as const;
const DEFAULT_MATCHING = { url: "contains", href: "exact", text: "exact" } as const; // contract §6.1

function lowerStep(step: Incomplete<StepFile>, path: Path, tools: Tools): LoweredStep {
  const properties = lowerConditions(step, path, tools);
  const texts = TEXTS.filter((key) => step[key] !== undefined);
  for (const key of ["url", "href", "text"] as const) {
    const matching = `${key}_matching` as const;
    const fault = step[matching] === "regex" ? regexFault([step[key] ?? ""]) : undefined;
    if (fault) tools.report({ path: [...path, key], ...fault });
    if (step[matching] === undefined || step[key] !== undefined) continue;
    const message = `\`${matching}\` has no effect without \`${key}\``;
    tools.report({ code: "HW012", path: [...path, matching], part: "key", message, fix: { kind: "remove" } });
  }
  for (const key of ignoredFields(Object.fromEntries(texts.map((key) => [key, step[key]])))) {
    const message = `PostHog reads \`${key}\` only where the event is \`${AUTOCAPTURE}\`, so this step matches without it`;
    tools.report({
      code: "HW031",
      path: [...path, key],
      part: "key",
      message,
      hint: `Write \`event: ${AUTOCAPTURE}\`.`,
    });
  }
  return {
    ...Object.fromEntries(texts.map((key) => [key, step[key]])),
    ...matchingOf(step),
    ...(properties.length > 0 ? { properties } : {}),
  };
}

/** PostHog's defaults are left out. */
function matchingOf(step: Incomplete<StepFile>): Partial<LoweredStep> {
  return Object.fromEntries(
    (["url", "href", "text"] as const)
      .map((key) => [`${key}_matching`, step[`${key}_matching`], DEFAULT_MATCHING[key]] as const)
      .filter(([, given, standard]) => given !== undefined && given !== standard)
      .map(([key, given]) => [key, given]),
  );
}
