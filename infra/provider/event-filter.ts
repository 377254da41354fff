import { type Action, createAction, deleteAction, patchAction } from "../posthog/actions.ts";
import {
  type EventFilterInputs,
  fromRemoteAction,
  lostInAction,
  toRemoteAction,
} from "../wire/event-filter.ts";
import { takingName } from "./action-names.ts";
import type { Connection } from "./connection.ts";
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
  written: () => ({}),
  isLocked: () => false,
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
    create: () => takingName(inputs, connection, () => createAction(client, body)),
    patch: ({ id }) => takingName(inputs, connection, () => patchAction(client, id, body)),
    lost: (row) => lostInAction(inputs, row, groups),
  };
}
