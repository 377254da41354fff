import { relative, resolve } from "node:path";
import type { HogCompiler } from "../hog/compile.ts";
import { actionWords, filterWords } from "../hog/words/filter.ts";
import { maskingWords } from "../hog/words/masking.ts";
import { payloadWords } from "../hog/words/payload.ts";
import { lowerEverywhere } from "./check.ts";
import { loadProject } from "./load.ts";
import type { LoweredDestination, LoweredEventFilter, LoweredProperty } from "./lowered.ts";
import {
  type EventFilterLowering,
  type EventFilterSource,
  lowerEventFilter,
} from "./lowering/event-filter.ts";
import { conditionsOf, groupNumbers, toHogFilters, toHogSteps } from "./lowering/filters.ts";
import { environmentNames } from "./lowering/overlay.ts";
import type { ParsedYaml } from "./parse.ts";
import { placeInWords } from "./place-in-words.ts";
import type { Environment } from "./samples.ts";

const ABSENT = "Is not there.";

/** What a file does, in plain sentences; `environment` where it does something else than the file says at large. */
export type Explanation = { file: string; slug: string; environment?: string; text: string };

/** Files with errors are left out: `check` says what is wrong with them. */
export async function explainProject(root: string, files?: string[]): Promise<Explanation[]> {
  const project = await loadProject(root);
  const { compiler } = project;
  const picked = files?.map((file) => relative(root, resolve(root, file)).replaceAll("\\", "/"));
  const isPicked = ({ source: { file } }: ParsedYaml) =>
    picked === undefined || picked.some((name) => name.replace(/\.test\.yaml$/, ".yaml") === file);

  const destinations = lowerEverywhere(project, []).destinations.filter(isPicked);
  const eventFilters = project.eventFilters.filter(isPicked);
  return [
    ...destinations.flatMap((one) =>
      explanations(one, one.environments, (environment) => destinationInWords(environment, compiler)),
    ),
    ...eventFilters.flatMap((one) => {
      const stacks = [undefined, ...environmentNames(one.value)];
      const lowerings = stacks.map((stack) => [stack, lowerEventFilter(one, { stack }, compiler)] as const);
      return explanations(one, lowerings, (lowering) => eventFilterInWords(lowering, compiler));
    }),
  ];
}

/** Of each environment whose words are not those of the file at large, which comes first. */
function explanations<T>(
  { slug, source: { file } }: EventFilterSource,
  environments: Iterable<readonly [string | undefined, T]>,
  inWords: (environment: T) => string | undefined,
): Explanation[] {
  const texts = [...environments].map(([name, environment]) => ({ name, text: inWords(environment) }));
  return texts.flatMap(({ name, text }): Explanation[] => {
    if (text === undefined || (name !== undefined && text === texts[0]?.text)) return [];
    return [{ file, slug, ...(name === undefined ? {} : { environment: name }), text }];
  });
}

function eventFilterInWords(
  { lowered, absent }: EventFilterLowering,
  compiler: HogCompiler,
): string | undefined {
  if (absent) return ABSENT;
  if (lowered === undefined) return undefined;
  const groups = groupNumbers(conditionsOfSteps(lowered));
  return actionWords(toHogSteps(lowered, groups), compiler, { groups: byNumber(groups) });
}

function destinationInWords(
  { lowering, eventFilters }: Environment,
  compiler: HogCompiler,
): string | undefined {
  const { lowered, absent, handlers } = lowering;
  if (absent) return ABSENT;
  if (lowered === undefined) return undefined;
  const { events = [] } = lowered.filters;
  const used = events === "all" ? [] : events.flatMap((event) => ("filter" in event ? event.filter : []));
  const filters = used.map((slug) => [slug, eventFilters.get(slug)?.lowered] as const);
  const groups = groupNumbers([
    ...conditionsOf(lowered.filters),
    ...filters.flatMap(([, filter]) => (filter ? conditionsOfSteps(filter) : [])),
  ]);
  const actions = filters.map(([slug, filter]) => {
    // One with errors by its file's name.
    const known = filter ? { name: filter.name, steps: toHogSteps(filter, groups) } : { name: slug };
    return [slug, known] as const;
  });
  const names = { groups: byNumber(groups), actions: new Map(actions) };
  return [
    lowered.enabled ? "" : "Is switched off.",
    filterWords(toHogFilters(lowered.filters, groups), compiler, names),
    lowered.masking ? maskingWords(lowered.masking, compiler) : "",
    payloadWords({ tree: payloadOf(lowered), compiler, to: whereTo(lowered, handlers) }),
    "hog" in lowered ? "Its own code may read the whole event and person." : "",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

function conditionsOfSteps({ steps }: LoweredEventFilter): LoweredProperty[] {
  return steps.flatMap(({ properties = [] }) => properties);
}

function byNumber(groups: ReadonlyMap<string, number>): Map<number, string> {
  return new Map([...groups].map(([name, index]) => [index, name]));
}

function payloadOf(lowered: LoweredDestination): unknown {
  if ("webhook" in lowered) {
    const { url, headers = {}, body } = lowered.webhook;
    return { url, headers, body };
  }
  return "template" in lowered ? lowered.template.inputs : (lowered.hog.inputs ?? {});
}

function whereTo(lowered: LoweredDestination, handlers: string[]): string {
  if (handlers.length === 0) return placeInWords(lowered);
  return `the ${handlers.length === 1 ? "handler" : "handlers"} ${handlers.join(" and ")}`;
}
