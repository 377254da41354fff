import type { HogCompiler } from "../../hog/compile.ts";
import type { FilterContext } from "../../hog/types.ts";
import { doesNotHold, refusingCondition } from "../../hog/words/refusing-condition.ts";
import type { Actions } from "../actions/actions.ts";
import type { Events } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { FilterVersion, FilterVersions } from "../matching/filter-versions.ts";
import { type Occasion, occasionsOf, type Project } from "../matching/occasions.ts";
import type { Invocations } from "./invocations.ts";
import type { Logs } from "./logs.ts";

type TraceContext = {
  events: Events;
  invocations: Invocations;
  filterVersions: FilterVersions;
  logs: Logs;
  persons: Persons;
  actions: Actions;
  compiler: HogCompiler;
  /** What filters refer to, as it is now. */
  filterContext: () => FilterContext;
  project: Project;
};

/** One event's way through the sandbox; `settled` when nothing more will happen to it. Nothing where it never came. */
export function traceOf(uuid: string, context: TraceContext) {
  const { events, invocations } = context;
  const captures = events.find(uuid);
  const [first] = captures;
  if (!first) return undefined;
  const met = invocations.ofEvent(uuid);
  return {
    captured: true,
    at: first.capturedAt,
    event: first.event,
    distinct_id: first.distinct_id,
    settled: captures.every(({ isMatched }) => isMatched) && met.every(({ state }) => state !== "queued"),
    destinations: [
      ...met.map((invocation) => ran(invocation, context)),
      ...captures.flatMap(({ row }) => filtered(row, context)),
    ],
  };
}

function ran(invocation: ReturnType<Invocations["ofEvent"]>[number], { logs }: TraceContext) {
  const { id, functionId, name, type, state, reason, deliveries } = invocation;
  return {
    id: functionId,
    name,
    type,
    invocation: id,
    matched: state !== "filtering_failed",
    state,
    ...(reason !== undefined && { reason }),
    deliveries,
    logs: logs.ofInvocation(id),
  };
}

/** By which functions, or by one. The condition is found when somebody asks, as most events are filtered by most. */
export function filtered(row: number, context: TraceContext, functionId?: string) {
  const stored = context.events.matched(row);
  if (!stored) return [];
  const { actions, persons, filterVersions, compiler, filterContext, project } = context;
  const occasions = occasionsOf(project, stored.event, stored.context);
  const known = actions
    .list()
    .map(({ id, name, steps }) => [String(id), { name: name ?? "", steps }] as const);
  const names = { actions: new Map(known), groups: new Map(persons.groupTypes().entries()) };
  const asking = { compiler, project: filterContext(), names };
  const versions = filterVersions.get(stored.filtered);
  const asked = versions.filter((version) => version.functionId === (functionId ?? version.functionId));
  return asked.map((version) => {
    const condition = conditionOf(version, occasions, asking);
    const reason =
      condition?.path.join() === "events"
        ? `the event is ${stored.event.event}, not one that the filter takes`
        : condition
          ? doesNotHold(condition.words)
          : "its conditions do not hold";
    return {
      id: version.functionId,
      name: version.name,
      type: version.type,
      invocation: null,
      matched: false,
      state: "filtered" as const,
      reason,
      ...(condition && { condition }),
      deliveries: [],
      logs: [],
    };
  });
}

function conditionOf(
  { filters, type }: FilterVersion,
  occasions: Occasion[],
  asking: Parameters<typeof refusingCondition>[2],
) {
  const occasion = occasions.find(({ concerns }) => concerns({ type, filters }));
  return occasion && refusingCondition(filters, occasion.forFilters, asking);
}
