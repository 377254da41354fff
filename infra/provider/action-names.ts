import { patchAction } from "../posthog/actions.ts";
import { PostHogError } from "../posthog/errors.ts";
import type { EventFilterInputs } from "../wire/event-filter.ts";
import { otherTool, ownerOf, slugOf, stackOf } from "../wire/marker.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";

/**
 * A project has each action's name once (contract §6.1). Another filter of this stack makes way when it has the name: its own
 * step of the run writes or deletes it. What a killed run or `retain` left behind has no such step: it goes by another
 * name from then on, and that is said. Only one write at a time: two filters that swap their names would else take each
 * other's new one.
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
      await makeWay(id, inputs, connection, error);
      return write();
    }
  });
}

async function makeWay(
  id: string | undefined,
  inputs: EventFilterInputs,
  { client, actions, say }: Connection,
  cause: PostHogError,
): Promise<void> {
  if (id === undefined) throw nameTaken(inputs, "", cause);
  const action = await actions.look(id);
  if (action === null) return;
  const { description, steps } = action;
  const owner = otherTool(description) === undefined ? ownerOf(description) : null;
  const isOfStack =
    owner !== null && owner !== inputs.managed_by && stackOf(owner) === stackOf(inputs.managed_by);
  const page = `${client.host}/project/${client.project}/data-management/actions/${id}`;
  if (!isOfStack) throw nameTaken(inputs, `: ${page}`, cause);
  const hasStep = actions.knownAs(id) !== undefined;
  const name = hasStep ? `hogwire: makes way, ${id}` : `${inputs.name.slice(0, 300)} (left behind, ${id})`;
  actions.put(await patchAction(client, id, { name, description, steps }));
  if (!hasStep)
    say(
      `The event filter \`${inputs.slug}\` has the name ${JSON.stringify(inputs.name)} now. The action that had it is named ${JSON.stringify(name)}: ` +
        `this stack left it behind, as that of destinations/filters/${slugOf(owner)}.yaml. ${page}`,
    );
}

function nameTaken({ name, slug }: EventFilterInputs, page: string, cause: PostHogError) {
  return new RefusedError(
    `PostHog already has an action named ${JSON.stringify(name)}${page}. Give destinations/filters/${slug}.yaml another \`name\`, ` +
      "or rename or delete that action in PostHog; as `action: ID` in a destination's events it can be used as it is.",
    { cause },
  );
}
