import { patchAction } from "../posthog/actions.ts";
import { PostHogError } from "../posthog/errors.ts";
import type { EventFilterInputs } from "../wire/event-filter.ts";
import { otherTool, ownerOf } from "../wire/marker.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";

/**
 * A project has each action's name once (contract §6.1). Another filter of this stack makes way when it has the name: it has
 * another one in its file or no file any more, and its own step of the run writes or deletes it. Only one write at a time:
 * two filters that swap their names would else take each other's new one.
 */
export function takingName<T>(
  inputs: EventFilterInputs,
  connection: Connection,
  write: () => Promise<T>,
): Promise<T> {
  return connection.actionTurn(async () => {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof PostHogError && error.code === "unique" && error.attr === "name")) throw error;
      const id = /\bID (\d+)/.exec(error.detail)?.[1];
      if (id === undefined || !(await makesWay(id, inputs, connection))) throw nameTaken(inputs, id, error);
      return write();
    }
  });
}

async function makesWay(
  id: string,
  { managed_by }: EventFilterInputs,
  { client, actions }: Connection,
): Promise<boolean> {
  const action = await actions.look(id);
  if (action === null) return true;
  const { description, steps } = action;
  const owner = ownerOf(description);
  const stack = managed_by.slice(0, managed_by.lastIndexOf("/") + 1);
  const isOfStack = owner !== null && owner !== managed_by && owner.startsWith(stack);
  if (!isOfStack || otherTool(description) !== undefined) return false;
  actions.put(await patchAction(client, id, { name: `hogwire: makes way, ${id}`, description, steps }));
  return true;
}

function nameTaken({ host, project, name, slug }: EventFilterInputs, id: string | undefined, cause: unknown) {
  const which = id === undefined ? "" : `: ${host}/project/${project}/data-management/actions/${id}`;
  return new RefusedError(
    `PostHog already has an action named ${JSON.stringify(name)}${which}. Give destinations/filters/${slug}.yaml another \`name\`, ` +
      "or rename or delete that action in PostHog; as `action: ID` in a destination's events it can be used as it is.",
    { cause },
  );
}
