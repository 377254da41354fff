import {
  createHogFunction,
  deleteHogFunction,
  disableHogFunction,
  type HogFunction,
  patchHogFunction,
} from "../posthog/hog-functions.ts";
import type { Template } from "../posthog/templates.ts";
import {
  type DestinationInputs,
  fromRemote,
  functionType,
  lostInPostHog,
  originOf,
  toRemote,
  writtenOf,
} from "../wire/destination.ts";
import { inputProblems } from "../wire/input-problems.ts";
import { isMap, isSame, without } from "../wire/json.ts";
import { changedOutside, madeOf, secretValues, templateOf, webhookTemplate } from "../wire/ways.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";
import { groupTypesFor, requireGroupTypes } from "./group-types.ts";
import { destinationProblems, type Properties, parseDestination } from "./inputs.ts";
import type { ObjectKind, Write } from "./object-provider.ts";
import { type DestinationState, parseDestinationState } from "./state.ts";

/** A destination: one hog function. */
export const destinationKind: ObjectKind<DestinationInputs, DestinationState, HogFunction> = {
  noun: "destination",
  problems: destinationProblems,
  parse: parseDestination,
  parseState: parseDestinationState,
  replaces: changedOrigin,
  fits(row, inputs) {
    const origin = originOf(inputs);
    // An older PostHog may leave the template out.
    const isSameTemplate = row.template === undefined || row.template?.id === origin.template_id;
    return row.type === origin.type && isSameTemplate;
  },
  rows: (connection) => connection.functions,
  prepare,
  delete: deleteHogFunction,
  see: async (row, state, connection) =>
    fromRemote(row, state, await groupTypesFor(state.filters, connection)),
  findings: (row, state, seen, outputs) =>
    isSecretlyChanged(row, state, seen, outputs) ? { secrets: changedOutside } : {},
  facts: (row, { host, project }) => ({
    posthog_url: `${host}/project/${project}/functions/${row.id}`,
    version: row.version,
  }),
  written: writtenOf,
  secrets: secretValues,
  async disarm(row, client) {
    await disableHogFunction(client, row.id);
    return "It was switched off, because it would send something else than its file says.";
  },
};

async function prepare(inputs: DestinationInputs, connection: Connection): Promise<Write<HogFunction>> {
  const { client } = connection;
  const groups = await requireGroupTypes(inputs.filters, connection);
  const template = await templateFor(inputs, connection);
  const problems = inputProblems(inputs, madeOf(inputs, template));
  if (problems.length > 0)
    throw new RefusedError(
      `PostHog at ${client.host} would not do as \`${inputs.slug}\` says: ${problems.join("; ")}.`,
    );
  const body = toRemote(inputs, { template, groups });
  return {
    create: () => createHogFunction(client, originOf(inputs), body),
    patch: (id) => patchHogFunction(client, id, body),
    lost: (row) => lostInPostHog(inputs, body, row, groups),
  };
}

/** None for own code. Throws for a template that no destination can be made of as we make them. */
async function templateFor(inputs: DestinationInputs, connection: Connection): Promise<Template | undefined> {
  const id = templateOf(inputs);
  if (id === undefined) return undefined;
  const template = await connection.template(id);
  if (template.type != null && !["destination", "internal_destination"].includes(template.type))
    throw new RefusedError(`The template \`${id}\` is not one for destinations, but for: ${template.type}.`);
  if (template.mapping_templates != null && template.mapping_templates.length > 0)
    throw new RefusedError(
      `The template \`${id}\` takes its values from mappings, which Hogwire does not write. ` +
        "Make that destination in PostHog, or with `hog` and code of your own.",
    );
  return template;
}

/** The template and the function's type are set for ever when it is created (contract §9.6). */
function changedOrigin(olds: Properties, news: Properties): string[] {
  const [oldType, newType] = [olds, news].map(({ filters }) => isMap(filters) && functionType(filters));
  const [before, after] = [madeFrom(olds), madeFrom(news)];
  return [
    ...(oldType && newType && oldType !== newType ? ["filters.source"] : []),
    ...(before && after && before.template !== after.template
      ? before.way === after.way
        ? ["template.id"]
        : [before.way, after.way]
      : []),
  ];
}

function madeFrom({ webhook, template, hog }: Properties): { way: string; template: unknown } | undefined {
  if (webhook !== undefined) return { way: "webhook", template: webhookTemplate };
  if (isMap(template)) return { way: "template", template: template.id };
  return hog === undefined ? undefined : { way: "hog", template: undefined };
}

/**
 * PostHog counts a change since our last write, and nothing that can be read differs: then a secret was replaced, or
 * something was changed and changed back. The next update writes ours.
 */
function isSecretlyChanged(
  { version }: HogFunction,
  { written }: DestinationState,
  seen: Properties,
  outputs: Properties,
): boolean {
  if (version == null || written.version == null || version === written.version) return false;
  const notSeen = ["copies", "secrets", "posthog_url", "version", "written", "__provider"];
  return isSame(seen, without(outputs, notSeen));
}
