import type { HogCompiler } from "../../hog/compile.ts";
import { matches, render, startProgram } from "../../hog/evaluate.ts";
import { decide } from "../../hog/filters/explain.ts";
import { filterGlobals, inputGlobals } from "../../hog/globals.ts";
import type { Bytecode, HogActionStep, HogEvent, HogFilters, HogGroup, HogPerson } from "../../hog/types.ts";
import type {
  LoweredDestination,
  LoweredEvent,
  LoweredEventFilter,
  LoweredFilters,
  LoweredProperty,
} from "../lowered.ts";
import { conditionsOf, groupNumbers, toHogFilters, toHogSteps } from "../lowering/filters.ts";
import { inputItems, isTemplated, isWrapped } from "../lowering/input-schema.ts";
import { inReadingOrder, readsOf } from "../lowering/inputs.ts";
import { isMap, type Path } from "../path.ts";

/** One event as PostHog's pipeline sees it; a group's `index` is that of its type in `Offline.groups`. */
export type Occasion = { event: HogEvent; person: HogPerson | null; groups: HogGroup[] };

/** A destination that can be asked, without a network, what it would do. */
export type Offline = {
  /** The number that stands for each group type here. */
  groups: ReadonlyMap<string, number>;
  /** `undefined` where only PostHog can tell: it depends on somebody else's action, or on a selector. */
  matches(occasion: Occasion): { matched: boolean | undefined; error?: string };
  /** The path in the file of what decides. */
  decidedBy(occasion: Occasion): Path | undefined;
  /** What would be sent; nothing where own code makes no request. Throws `HogRuntimeError`, e.g. for a global that is not there. */
  send(occasion: Occasion): Sent | undefined;
};

/** A request, as far as it is known; for PostHog's templates only the inputs are. */
export type Sent = { url?: unknown; headers?: unknown; body?: unknown; inputs?: unknown };

// An action of which only PostHog knows the steps.
const NEVER: HogActionStep[] = [{ event: "\u0000" }];
const ALWAYS: HogActionStep[] = [];

/** Compiles what has to be compiled, once for all the occasions to come. */
export function takeOffline(
  destination: LoweredDestination,
  eventFilters: ReadonlyMap<string, LoweredEventFilter | undefined>,
  origins: ReadonlyMap<object, Path>,
  compiler: HogCompiler,
): Offline {
  const { filters } = destination;
  const steps = [...eventFilters.values()].flatMap((filter) => filter?.steps ?? []);
  const groups = groupNumbers([
    ...conditionsOf(filters),
    ...steps.flatMap(({ properties = [] }) => properties),
  ]);
  const events = filters.events === undefined || filters.events === "all" ? [] : filters.events;
  const isUncertain =
    conditionsOf(filters).some(isSelector) || events.some((event) => isUnknown(event, eventFilters));
  const least = assuming(false);
  const most = isUncertain ? assuming(true) : least;
  const send = sender(destination, compiler);

  /** Compiles it as if what only PostHog can tell never held, or always. */
  function assuming(holds: boolean) {
    const hogFilters = toHogFilters(withSelectors(filters, holds), groups);
    const stepsOf = (slug: string) => {
      const filter = eventFilters.get(slug);
      const isKnown = filter !== undefined && !isUnknown({ filter: slug }, eventFilters);
      return isKnown ? toHogSteps(filter, groups) : holds ? ALWAYS : NEVER;
    };
    const actions = new Map((hogFilters.actions ?? []).map(({ id }) => [id, stepsOf(id)]));
    return { hogFilters, context: { actions }, bytecode: compiler.filters(hogFilters, { actions }) };
  }

  return {
    groups,
    send,
    matches(occasion) {
      if (isOtherEvent(least.hogFilters, occasion.event.event)) return { matched: false };
      const globals = filterGlobals(occasion);
      const result = matches(least.bytecode, globals);
      if (result.matched || !isUncertain) return result;
      return matches(most.bytecode, globals).matched ? { matched: undefined } : result;
    },
    decidedBy(occasion) {
      const { hogFilters, context } = least;
      const { decided } = decide(hogFilters, filterGlobals(occasion), compiler, context);
      return pathInFile(decided, destination, origins);
    },
  };
}

/** PostHog looks at the name before it runs anything, unless there are actions (contract §4.2). */
function isOtherEvent({ events = [], actions = [] }: HogFilters, name: string): boolean {
  return actions.length === 0 && events.length > 0 && events.every(({ id }) => id !== null && id !== name);
}

/** Somebody else's action, or an event filter with a selector, which PostHog's versions decide differently. */
function isUnknown(
  event: LoweredEvent,
  eventFilters: ReadonlyMap<string, LoweredEventFilter | undefined>,
): boolean {
  if ("id" in event) return false;
  const steps = "filter" in event ? eventFilters.get(event.filter)?.steps : undefined;
  return (
    steps === undefined ||
    steps.some(({ selector, properties = [] }) => selector !== undefined || properties.some(isSelector))
  );
}

function isSelector({ type, key }: LoweredProperty): boolean {
  return type === "element" && key === "selector";
}

function withSelectors(filters: LoweredFilters, holds: boolean): LoweredFilters {
  const assumed = <T extends { properties?: LoweredProperty[] }>(one: T): T =>
    one.properties?.some(isSelector)
      ? {
          ...one,
          properties: one.properties.map((property) =>
            isSelector(property) ? { key: String(holds), type: "hogql" } : property,
          ),
        }
      : one;
  const { events } = filters;
  return assumed(
    events === undefined || events === "all" ? filters : { ...filters, events: events.map(assumed) },
  );
}

/** From a path in PostHog's own JSON to the place in the file. */
export function pathInFile(
  [list, index, , condition]: Path,
  { filters }: LoweredDestination,
  origins: ReadonlyMap<object, Path>,
): Path | undefined {
  if (list === undefined) return ["filters"];
  if (index === undefined) return ["filters", "events"];
  if (list === "filter_test_accounts") return ["filters", list];
  const at = Number(index);
  if (list === "properties") return origins.get(filters.properties?.[at] ?? {});
  if (filters.events === "all" || filters.events === undefined) return ["filters", "events"];
  // PostHog has events and actions in two lists, the file in one.
  const items = filters.events.filter((event) => "id" in event === (list === "events"));
  const item = items[at];
  if (item === undefined) return undefined;
  const place = condition === undefined ? item : item.properties?.[Number(condition)];
  return origins.get(place ?? {});
}

const PROJECT = { id: 1, name: "Sample project", url: "https://us.posthog.com/project/1" };

function sender(
  destination: LoweredDestination,
  compiler: HogCompiler,
): (occasion: Occasion) => Sent | undefined {
  const source = {
    url: `${PROJECT.url}/functions/${destination.slug}/configuration/`,
    name: destination.name,
  };
  const globalsOf = (occasion: Occasion) => inputGlobals({ ...occasion, project: PROJECT, source });
  if ("webhook" in destination) {
    const { url, headers = { "Content-Type": "application/json" }, body } = destination.webhook;
    const compiled = compiler.templateTree({ url, headers, body });
    return (occasion) => {
      const { url, headers, body } = render(compiled, globalsOf(occasion)) as Sent; // of the shape that was compiled
      return { url, headers: textsOf(headers), body };
    };
  }
  const inputs = inputsOf(destination, compiler);
  if ("template" in destination) return (occasion) => ({ inputs: inputs(globalsOf(occasion)) });
  const program = compiler.program(destination.hog.code);
  return (occasion) => {
    const globals = globalsOf(occasion);
    return firstFetch(program, { ...globals, inputs: inputs(globals) });
  };
}

/** PostHog drops a header whose value is no text (contract §4.6). */
function textsOf(headers: unknown): unknown {
  if (!isMap(headers)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => typeof value === "string"));
}

/** The request that a program makes first; PostHog would go on with the answer. */
function firstFetch(program: Bytecode, globals: Record<string, unknown>): Sent | undefined {
  const step = startProgram(program, globals);
  if (step.done) return undefined;
  const [url, options] = step.call.args;
  const { headers, body } = isMap(options) ? options : {};
  return { url, headers, body: typeof body === "string" ? parsed(body) : body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The inputs of a template or of one's own code, each after those that it reads (contract §1.5). Liquid stays as it is. */
function inputsOf(
  destination: LoweredDestination,
  compiler: HogCompiler,
): (globals: Record<string, unknown>) => Record<string, unknown> {
  const written =
    "template" in destination
      ? destination.template.inputs
      : "hog" in destination
        ? (destination.hog.inputs ?? {})
        : {};
  const items = inputItems(destination);
  const compiled = new Map(
    Object.entries(written).map(([key, input]) => {
      const { value, templating } = isWrapped(input) ? input : { value: input, templating: undefined };
      const isHog = templating !== "liquid" && isTemplated(items.get(key));
      const reads = isHog ? readsOf(value, compiler) : [];
      return [key, { value: isHog ? compiler.templateTree(value) : value, isHog, reads }];
    }),
  );
  const { ordered } = inReadingOrder(new Map([...compiled].map(([key, { reads }]) => [key, reads])));
  return (globals) => {
    const inputs: Record<string, unknown> = {};
    for (const key of ordered) {
      const { value, isHog } = compiled.get(key) ?? {};
      inputs[key] = isHog ? render(value, { ...globals, inputs }) : value;
    }
    return inputs;
  };
}
