import type { HogCompiler } from "../../hog/compile.ts";
import type { FilterContext } from "../../hog/types.ts";
import type { Actions } from "../actions/actions.ts";
import type { Events } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import { refusingCondition } from "./condition.ts";
import type { Invocations } from "./invocations.ts";
import { occasionsOf, type Project } from "./occasions.ts";

type TraceContext = {
  events: Events;
  functions: HogFunctions;
  invocations: Invocations;
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
  const [event, ...others] = events.find(uuid);
  if (!event) return undefined;
  const met = invocations.ofEvent(uuid);
  const isMatched = [event, ...others].every((one) => one.isMatched);
  return {
    captured: true,
    at: event.capturedAt,
    event: event.event,
    distinct_id: event.distinct_id,
    settled: isMatched && met.every(({ state }) => state !== "queued"),
    destinations: met.map(({ id, functionId, name, type, state, reason, deliveries, logs }) => {
      const isFiltered = ["filtered", "filtering_failed"].includes(state);
      const condition = isFiltered ? conditionOf(functionId, event.row, context) : undefined;
      return {
        id: functionId,
        name,
        type,
        invocation: id,
        matched: !isFiltered,
        state,
        ...(reason !== undefined && { reason }),
        ...(condition && { condition }),
        deliveries,
        logs,
      };
    }),
  };
}

/** Found when somebody asks, as most events are filtered by most functions. */
function conditionOf(functionId: string, row: number, context: TraceContext) {
  const { events, functions, persons, actions, compiler, filterContext, project } = context;
  const fn = functions.get(functionId);
  const stored = events.withContext(row);
  if (!fn || fn.mappings !== null || !stored) return undefined;
  const occasion = occasionsOf(project, stored.event, stored.context).find(({ concerns }) => concerns(fn));
  if (!occasion) return undefined;
  return refusingCondition(fn.filters, occasion.forFilters, {
    compiler,
    project: filterContext(),
    names: {
      actions: new Map(
        actions.list().map(({ id, name, steps }) => [String(id), { name: name ?? "", steps }]),
      ),
      groups: new Map(persons.groupTypes().map((name, index) => [index, name])),
    },
  });
}
