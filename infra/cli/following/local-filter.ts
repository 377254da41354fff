import { matches } from "../../hog/evaluate.ts";
import { filterGlobals } from "../../hog/globals.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { HogActionStep, HogFilters, HogGroup, HogProperty } from "../../hog/types.ts";
import { doesNotHold, refusingCondition } from "../../hog/words/refusing-condition.ts";
import { listActions } from "../../posthog/actions.ts";
import { PostHogError } from "../../posthog/errors.ts";
import { getGroupTypes } from "../../posthog/groups.ts";
import type { PostHogClient } from "../../posthog/http.ts";
import type { Outgoing } from "./journey.ts";

type LocalVerdict =
  | { matched: true }
  | { matched: false; words: string; condition?: (string | number)[] }
  /** It does not compile here. */
  | { matched: undefined };

/** What the filter of a destination says of an event, read on this machine; of the person it knows what the event says. */
export type LocalFilter = (filters: Record<string, unknown>, event: Outgoing) => Promise<LocalVerdict>;

export function createLocalFilter(client: PostHogClient, testAccountFilters: HogProperty[]): LocalFilter {
  let asked: ReturnType<typeof ask> | undefined;
  async function ask() {
    const { createCompiler } = await import("../../hog/compile.ts");
    const [compiler, groups, actions] = await Promise.all([
      createCompiler(),
      getGroupTypes(client).catch(ifNotAllowed(new Map<string, number>())),
      listActions(client).catch(ifNotAllowed(new Map())),
    ]);
    return { compiler, groups, actions };
  }
  return async function localFilter(remote, event) {
    asked ??= ask();
    const { compiler, groups, actions } = await asked;
    const filters = remote as HogFilters; // as PostHog reads it back
    const steps = new Map([...actions].map(([id, action]) => [id, action.steps as HogActionStep[]])); // likewise
    const context = { testAccountFilters, actions: steps };
    const globals = filterGlobals({
      event: { ...event, timestamp: event.timestamp ?? new Date().toISOString() },
      person: { id: "", properties: event.person ?? {} },
      groups: groupsOf(event, groups),
    });
    try {
      const result = matches(compiler.filters(filters, context), globals);
      if (result.matched) return { matched: true };
      const names = {
        actions: new Map([...actions].map(([id, { name }]) => [id, { name, steps: steps.get(id) ?? [] }])),
        groups: new Map([...groups].map(([name, index]) => [index, name])),
      };
      const found = refusingCondition(filters, globals, { compiler, project: context, names });
      const words = found ? doesNotHold(found.words) : (result.error ?? "its conditions do not hold");
      return { matched: false, words, ...(found && { condition: found.path }) };
    } catch (error) {
      if (error instanceof HogError) return { matched: undefined };
      throw error;
    }
  };
}

/** With the numbers that PostHog knows their types by; a type that it does not know comes after those. */
export function groupsOf({ groups }: Outgoing, types: ReadonlyMap<string, number>): HogGroup[] {
  let next = types.size;
  return Object.entries(groups).map(([type, group]) => ({
    type,
    index: types.get(type) ?? next++,
    ...group,
  }));
}

/** Scopes that following itself does not need. */
function ifNotAllowed<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof PostHogError && error.status === 403) return instead;
    throw error;
  };
}
