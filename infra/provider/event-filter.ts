import { type Action, createAction, deleteAction, patchAction } from "../posthog/actions.ts";
import { PostHogError } from "../posthog/errors.ts";
import {
  type EventFilterInputs,
  fromRemoteAction,
  lostInAction,
  toRemoteAction,
} from "../wire/event-filter.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";
import { groupTypesFor, requireGroupTypes } from "./group-types.ts";
import { eventFilterProblems, parseEventFilter } from "./inputs.ts";
import type { ObjectKind, Write } from "./object-provider.ts";
import { type EventFilterState, parseEventFilterState } from "./state.ts";

/** An event filter: one action, whose number destinations refer to. */
export const eventFilterKind: ObjectKind<EventFilterInputs, EventFilterState, Action> = {
  noun: "event filter",
  problems: eventFilterProblems,
  parse: parseEventFilter,
  parseState: parseEventFilterState,
  replaces: () => [],
  misfit: () => undefined,
  rows: (connection) => connection.actions,
  prepare,
  delete: deleteAction,
  see: async (row, state, connection) =>
    fromRemoteAction(row, state, await groupTypesFor(state.steps, connection)),
  findings: () => ({}),
  facts: (row, { host, project }) => ({
    posthog_url: `${host}/project/${project}/data-management/actions/${row.id}`,
  }),
  written: () => ({}),
  edition: ({ name, description, steps }) => [name, description, steps],
  secrets: () => [],
  /** An action cannot be switched off; destinations may use it, and must not get more events than the file says. */
  async disarm({ id, name, description }, client) {
    await patchAction(client, id, { name, description, steps: [{ event: "hogwire: takes no event" }] });
    return "Its steps were replaced by one that takes no event, because it would take others than its file says.";
  },
};

async function prepare(inputs: EventFilterInputs, connection: Connection): Promise<Write<Action>> {
  const { client } = connection;
  const groups = await requireGroupTypes(inputs.steps, connection);
  const body = toRemoteAction(inputs, groups);
  return {
    create: () => explainingTakenNames(inputs, () => createAction(client, body)),
    patch: ({ id }) => explainingTakenNames(inputs, () => patchAction(client, id, body)),
    lost: (row) => lostInAction(inputs, row, groups),
  };
}

/** A project has each action's name only once, whoever made the action (contract §6.1). */
async function explainingTakenNames<T>(inputs: EventFilterInputs, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PostHogError && error.code === "unique" && error.attr === "name")) throw error;
    const { host, project, name, slug } = inputs;
    const id = /\bID (\d+)/.exec(error.detail)?.[1];
    const which = id === undefined ? "" : `: ${host}/project/${project}/data-management/actions/${id}`;
    throw new RefusedError(
      `PostHog already has an action named ${JSON.stringify(name)}${which}. Give destinations/filters/${slug}.yaml another \`name\`, ` +
        "or rename or delete that action in PostHog; as `action: ID` in a destination's events it can be used as it is.",
      { cause: error },
    );
  }
}
