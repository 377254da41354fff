import type { HogCompiler } from "../../hog/compile.ts";
import { findOverlap } from "../../hog/overlap/find.ts";
import { mayOverlap, type PreparedFilter, prepare } from "../../hog/overlap/prepare.ts";
import type { FilterContext } from "../../hog/types.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Project } from "../load.ts";
import type { LoweredDestination, LoweredTemplate } from "../lowered.ts";
import { conditionsOf, groupNumbers, toHogFilters, toHogSteps } from "../lowering/filters.ts";
import { type Path, valueAt } from "../path.ts";
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
  const budget: Budget = { left: MOST_SEARCHES };
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
        const overlap = overlapWith(sender, senders.slice(0, at), isMet, project.compiler, budget);
        if (overlap) found.set(sender.slug, overlap);
      }
    }
  }
  const slugs = new Set(destinations.map(({ slug }) => slug));
  return [...found.values(), ...destinations.flatMap((destination) => unknownSlugs(destination, slugs))];
}

/** Searches that may still be made: hundreds of filters that cannot be told apart at a glance would take minutes. */
type Budget = { left: number };
const MOST_SEARCHES = 2000;

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
  /** The number of each group type. */
  groups: ReadonlyMap<string, number>;
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
    const found = prepared(lowered, environment);
    for (const target of targetsOf(lowered, handlers, destination.value)) {
      const same = senders.get(target.identity) ?? [];
      same.push({
        slug,
        destination,
        stack: own.has(stack) ? stack : undefined,
        own,
        overlaps,
        target,
        ...found,
      });
      senders.set(target.identity, same);
    }
  }
  return senders;
}

type Prepared = Pick<Sender, "filter" | "context" | "groups">;

/** Prepares each filter once, with one number for each group type of the whole project, event filters included. */
function preparer(
  destinations: CheckedDestination[],
): (lowered: LoweredDestination, of: Environment) => Prepared {
  const environments = destinations.flatMap((destination) => [...destination.environments.values()]);
  const filters = new Set(environments.flatMap(({ eventFilters }) => [...eventFilters.values()]));
  const steps = [...filters].flatMap(({ lowered }) => lowered?.steps ?? []);
  const groups = groupNumbers([
    ...environments.flatMap(({ lowering }) =>
      lowering.lowered ? conditionsOf(lowering.lowered.filters) : [],
    ),
    ...steps.flatMap(({ properties = [] }) => properties),
  ]);
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
      groups,
    };
    prepared.set(lowered, known);
    return known;
  };
}

function targetsOf(lowered: LoweredDestination, handlers: string[], written: unknown): Target[] {
  if (handlers.length > 0) {
    return handlers.map((name, index) => ({
      identity: `handler ${name}`,
      words: `the handler \`${name}\``,
      path: ["handlers", index],
    }));
  }
  if ("webhook" in lowered) {
    const { url, secret_inputs: secrets = [] } = lowered.webhook;
    return [addressTarget(url, secrets, ["webhook", "url"])];
  }
  return "template" in lowered ? [templateTarget(lowered.template, written)] : [];
}

function addressTarget(url: string, secrets: string[], path: Path): Target {
  const words = secrets.includes("url") ? "the same secret address" : `\`${url}\``;
  return { identity: `url ${url}`, words, path };
}

/** Only of Slack's and the webhook's is it known which inputs say where to; of any other all have to be the same. */
function templateTarget({ id, inputs, secret_inputs = [] }: LoweredTemplate, written: unknown): Target {
  if (id === "template-webhook" && typeof inputs.url === "string")
    return addressTarget(inputs.url, secret_inputs, ["template", "inputs", "url"]);
  if (id === "template-slack") {
    const { channel, slack_workspace } = inputs;
    const identity = JSON.stringify(["slack", slack_workspace, channel]);
    const isShort = valueAt(written, ["template"]) === undefined;
    const path = isShort ? ["slack", "channel"] : ["template", "inputs", "channel"];
    return { identity, words: `the channel \`${String(channel)}\``, path };
  }
  const identity = JSON.stringify(["template", id, Object.entries(inputs).sort()]);
  return { identity, words: `\`${id}\` with the same inputs`, path: ["template", "id"] };
}

function overlapWith(
  sender: Sender,
  earlier: Sender[],
  isMet: (a: Sender, b: Sender) => boolean,
  compiler: HogCompiler,
  budget: Budget,
): Diagnostic | undefined {
  for (const other of earlier) {
    if (!mayOverlap(sender.filter, other.filter)) continue;
    if (sender.overlaps.includes(other.slug) || other.overlaps.includes(sender.slug) || !isMet(sender, other))
      continue;
    // Who has nothing of its own in the stack does not see the event filters that have.
    const { context } = sender.stack === undefined ? other : sender;
    if (budget.left-- <= 0) return undefined;
    const witness = findOverlap(sender.filter, other.filter, compiler, context);
    if (witness === undefined) continue;
    const { event, properties } = witness.event;
    const nameOf = (index: number) => [...sender.groups].find(([, one]) => one === index)?.[0];
    const groups = witness.groups.map(({ index, type, properties }) => [nameOf(index) ?? type, properties]);
    const shown = {
      event,
      ...filled("properties", properties),
      ...filled("person", witness.person.properties),
      ...filled("groups", Object.fromEntries(groups)),
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
      hint: near === undefined || other === slug ? "Remove it from the list." : `Did you mean \`${near}\`?`,
    });
  });
}
