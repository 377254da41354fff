import type { HogCompiler } from "../../hog/compile.ts";
import { findOverlap } from "../../hog/overlap/find.ts";
import { mayOverlap, type PreparedFilter, prepare } from "../../hog/overlap/prepare.ts";
import type { FilterContext } from "../../hog/types.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { conditionsOf, groupNumbers, toHogFilters, toHogSteps } from "../filters.ts";
import type { Project } from "../load.ts";
import type { LoweredDestination } from "../lowered.ts";
import type { Path } from "../path.ts";
import { toDiagnostic } from "../report.ts";
import type { Environment } from "../samples.ts";
import { nearest } from "../suggest.ts";
import type { CheckedDestination } from "./project-rule.ts";

type Stack = string | undefined;

/**
 * Two destinations that send one event to one address, channel or handler, in some stack where both are live. Decided by
 * the filters' logic: the event in the warning passes both, on the real machine. One warning a file, on the later one.
 */
export function checkOverlaps(destinations: CheckedDestination[], project: Project): Diagnostic[] {
  const named = destinations.flatMap(({ environments }) => [...environments.keys()]);
  const stacks = [...new Set([...project.stacks, ...named.filter((stack) => stack !== undefined)])];
  const found = new Map<string, Diagnostic>();
  const prepared = preparer(destinations);
  // Most destinations are the same in most stacks: those pairs are looked at once, as their files stand.
  for (const stack of [undefined, ...stacks]) {
    const isMet = (a: Sender, b: Sender) =>
      stack === undefined
        ? project.stacks.length === 0 || project.stacks.some((one) => !a.own.has(one) && !b.own.has(one))
        : a.own.has(stack) || b.own.has(stack);
    for (const senders of byTarget(destinations, stack, prepared).values()) {
      for (const [at, sender] of senders.entries()) {
        if (found.has(sender.slug)) continue;
        const overlap = overlapWith(sender, senders.slice(0, at), isMet, project.compiler);
        if (overlap) found.set(sender.slug, overlap);
      }
    }
  }
  const slugs = new Set(destinations.map(({ slug }) => slug));
  return [...found.values(), ...destinations.flatMap((destination) => unknownSlugs(destination, slugs))];
}

/** A destination that is live in a stack, and one place that it sends to. */
type Sender = {
  slug: string;
  destination: CheckedDestination;
  stack: Stack;
  /** The stacks that its file says something of. */
  own: ReadonlyMap<Stack, Environment>;
  overlaps: string[];
  filter: PreparedFilter;
  context: FilterContext;
  target: Target;
};
type Target = { identity: string; words: string; path: Path };

function byTarget(
  destinations: CheckedDestination[],
  stack: Stack,
  prepared: ReturnType<typeof preparer>,
): Map<string, Sender[]> {
  const senders = new Map<string, Sender[]>();
  for (const destination of destinations) {
    const { slug, environments: own } = destination;
    const environment = own.get(stack) ?? own.get(undefined);
    const { lowered, handlers = [], overlaps = [] } = environment?.lowering ?? {};
    if (environment === undefined || lowered === undefined || !lowered.enabled) continue;
    const { filter, context } = prepared(lowered, environment);
    for (const target of targetsOf(lowered, handlers)) {
      const same = senders.get(target.identity) ?? [];
      same.push({
        slug,
        destination,
        stack: own.has(stack) ? stack : undefined,
        own,
        overlaps,
        filter,
        context,
        target,
      });
      senders.set(target.identity, same);
    }
  }
  return senders;
}

type Prepared = { filter: PreparedFilter; context: FilterContext };

/** Prepares each filter once, with one number for each group type of the whole project. */
function preparer(
  destinations: CheckedDestination[],
): (lowered: LoweredDestination, of: Environment) => Prepared {
  const environments = destinations.flatMap((destination) => [...destination.environments.values()]);
  const groups = groupNumbers(
    environments.flatMap(({ lowering }) => (lowering.lowered ? conditionsOf(lowering.lowered.filters) : [])),
  );
  const contexts = new Map<Environment["eventFilters"], FilterContext>();
  const contextOf = ({ eventFilters }: Environment): FilterContext => {
    const known = contexts.get(eventFilters);
    const steps = () =>
      [...eventFilters].flatMap(([slug, { lowered }]) =>
        lowered ? [[slug, toHogSteps(lowered, groups)] as const] : [],
      );
    const context = known ?? { actions: new Map(steps()) };
    contexts.set(eventFilters, context);
    return context;
  };
  const prepared = new Map<LoweredDestination, Prepared>();
  return (lowered, environment) => {
    const context = contextOf(environment);
    const known = prepared.get(lowered) ?? {
      filter: prepare(toHogFilters(lowered.filters, groups), context),
      context,
    };
    prepared.set(lowered, known);
    return known;
  };
}

function targetsOf(lowered: LoweredDestination, handlers: string[]): Target[] {
  if (handlers.length > 0) {
    return handlers.map((name, index) => ({
      identity: `handler ${name}`,
      words: `the handler \`${name}\``,
      path: ["handlers", index],
    }));
  }
  if ("webhook" in lowered) {
    const { url, secret_inputs: secret = [] } = lowered.webhook;
    const words = secret.includes("url") ? "the same secret address" : `\`${url}\``;
    return [{ identity: `url ${url}`, words, path: ["webhook", "url"] }];
  }
  if ("template" in lowered && lowered.template.id === "template-slack") {
    const { channel, slack_workspace } = lowered.template.inputs;
    const identity = JSON.stringify(["slack", slack_workspace, channel]);
    return [{ identity, words: `the channel \`${String(channel)}\``, path: ["slack", "channel"] }];
  }
  return [];
}

function overlapWith(
  sender: Sender,
  earlier: Sender[],
  isMet: (a: Sender, b: Sender) => boolean,
  compiler: HogCompiler,
): Diagnostic | undefined {
  for (const other of earlier) {
    if (!mayOverlap(sender.filter, other.filter)) continue;
    if (sender.overlaps.includes(other.slug) || other.overlaps.includes(sender.slug) || !isMet(sender, other))
      continue;
    const witness = findOverlap(sender.filter, other.filter, compiler, sender.context);
    if (witness === undefined) continue;
    const { event, properties } = witness.event;
    const shown = {
      event,
      ...filled("properties", properties),
      ...filled("person", witness.person.properties),
    };
    const { source } = sender.destination;
    return toDiagnostic(source, sender.stack === undefined ? [[]] : [["environments", sender.stack], []], {
      code: "HW072",
      severity: "warning",
      path: sender.target.path,
      message: `\`${other.slug}\` sends the same events to ${sender.target.words}, for example ${JSON.stringify(shown)}`,
      hint: `If that is meant, write \`overlaps: [${other.slug}]\`.`,
    });
  }
  return undefined;
}

function filled(key: string, properties: Record<string, unknown>): Record<string, unknown> {
  return Object.keys(properties).length === 0 ? {} : { [key]: properties };
}

function unknownSlugs({ source, slug, environments }: CheckedDestination, slugs: Set<string>): Diagnostic[] {
  const { overlaps = [] } = environments.get(undefined)?.lowering ?? {};
  return overlaps.flatMap((other, index) => {
    if (slugs.has(other) && other !== slug) return [];
    const near = nearest(other, slugs);
    return toDiagnostic(source, [[]], {
      code: "HW015",
      path: ["overlaps", index],
      message:
        other === slug ? "a destination always overlaps itself" : `there is no destination \`${other}\``,
      ...(near === undefined || other === slug ? {} : { hint: `Did you mean \`${near}\`?` }),
    });
  });
}
