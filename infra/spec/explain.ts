import { relative, resolve } from "node:path";
import type { HogCompiler } from "../hog/compile.ts";
import { filterWords } from "../hog/words/filter.ts";
import { maskingWords } from "../hog/words/masking.ts";
import { payloadWords } from "../hog/words/payload.ts";
import { lowerEverywhere } from "./check.ts";
import { conditionsOf, groupNumbers, toHogFilters } from "./filters.ts";
import { loadProject } from "./load.ts";
import type { LoweredDestination } from "./lowered.ts";
import { placeInWords } from "./place-in-words.ts";
import type { Environment } from "./samples.ts";

/** What a destination does, in plain sentences; `environment` where it does something else than its file says at large. */
export type Explanation = { file: string; slug: string; environment?: string; text: string };

/** Destinations with errors are left out: `check` says what is wrong with them. */
export async function explainProject(root: string, files?: string[]): Promise<Explanation[]> {
  const project = await loadProject(root);
  const picked = files?.map((file) => relative(root, resolve(root, file)).replaceAll("\\", "/"));
  return lowerEverywhere(project, []).destinations.flatMap(({ slug, source: { file }, environments }) => {
    if (picked && !picked.includes(file)) return [];
    const texts = [...environments].map(
      ([environment, one]) => [environment, inWords(one, project.compiler)] as const,
    );
    const [, base] = texts[0] ?? [];
    return texts.flatMap(([environment, text]): Explanation[] => {
      if (text === undefined || (environment !== undefined && text === base)) return [];
      return [{ file, slug, ...(environment === undefined ? {} : { environment }), text }];
    });
  });
}

function inWords({ lowering, eventFilters }: Environment, compiler: HogCompiler): string | undefined {
  const { lowered, absent, handlers } = lowering;
  if (absent) return "Is not there.";
  if (lowered === undefined) return undefined;
  const groups = groupNumbers(conditionsOf(lowered.filters));
  const names = {
    groups: new Map([...groups].map(([name, index]) => [index, name])),
    actions: new Map(
      [...eventFilters].flatMap(([slug, { lowered: filter }]) =>
        filter ? [[slug, filter.name] as const] : [],
      ),
    ),
  };
  return [
    lowered.enabled ? "" : "Is switched off.",
    filterWords(toHogFilters(lowered.filters, groups), names),
    lowered.masking ? maskingWords(lowered.masking, compiler) : "",
    payloadWords({ tree: payloadOf(lowered), compiler, to: whereTo(lowered, handlers) }),
    "hog" in lowered ? "Its own code may read the whole event and person." : "",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
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
