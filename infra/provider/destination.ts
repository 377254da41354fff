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
  isCopyEdited,
  isWrittenWith,
  lostInPostHog,
  originOf,
  templateDigest,
  toRemote,
  writtenOf,
} from "../wire/destination.ts";
import { inputProblems } from "../wire/input-problems.ts";
import { isMap } from "../wire/json.ts";
import {
  changedOutside,
  copyIn,
  type Made,
  madeOf,
  secretInputs,
  secretValues,
  templateOf,
  webhookTemplate,
} from "../wire/ways.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";
import { groupTypesFor, requireGroupTypes } from "./group-types.ts";
import { destinationProblems, type Properties, parseDestination } from "./inputs.ts";
import type { ObjectKind, There, Write } from "./object-provider.ts";
import { type DestinationState, parseDestinationState } from "./state.ts";

/** A destination: one hog function. */
export const destinationKind: ObjectKind<DestinationInputs, DestinationState, HogFunction> = {
  noun: "destination",
  problems: destinationProblems,
  parse: parseDestination,
  parseState: parseDestinationState,
  replaces: changedOrigin,
  misfit(row, inputs) {
    const { type, template_id } = originOf(inputs);
    if (row.type !== type) return `it is a \`${row.type}\`, and the file asks for a \`${type}\``;
    // An older PostHog may leave the template out.
    if (row.template === undefined || row.template?.id === template_id) return undefined;
    const [made, wanted] = [row.template?.id, template_id].map((id) =>
      id === undefined ? "from code of its own" : `from the template \`${id}\``,
    );
    return `it was made ${made}, and the file asks for one made ${wanted}`;
  },
  rows: (connection) => connection.functions,
  prepare,
  delete: deleteHogFunction,
  see: async (row, state, connection) => ({
    ...fromRemote(row, state, await groupTypesFor(state.filters, connection)),
    ...(await behindItsTemplate(row, state, connection)),
  }),
  findings: (row, { written }) =>
    hasPerhapsOtherSecrets(row, written) ? { secrets: `perhaps ${changedOutside}` } : {},
  written: (row, inputs, { fingerprint }) => ({
    ...writtenOf(row),
    secrets: Object.fromEntries(
      Object.entries(secretInputs(inputs)).map(([key, value]) => [
        key,
        fingerprint(inputs.managed_by, key, value),
      ]),
    ),
  }),
  isLocked: ({ version }) => version != null,
  edition: (row) =>
    row.version == null
      ? fromRemote(row, { host: "", project: "" }, new Map())
      : [row.version, row.name, row.description, row.enabled], // a label is no new version
  secrets: secretValues,
  async disarm(row, client) {
    await disableHogFunction(client, row.id);
    return "It was switched off, because it would send something else than its file says.";
  },
};

async function prepare(
  inputs: DestinationInputs,
  connection: Connection,
  there?: There<DestinationState, HogFunction>,
): Promise<Write<HogFunction>> {
  const { client } = connection;
  const groups = await requireGroupTypes(inputs.filters, connection);
  const today = await templateFor(inputs, connection);
  const template = (there && today && keptCopy(inputs, there, today, connection)) || today;
  const problems = inputProblems(inputs, madeOf(inputs, template));
  if (problems.length > 0)
    throw new RefusedError(
      `PostHog at ${client.host} would not do as \`${inputs.slug}\` says: ${problems.join("; ")}.` +
        (template === today ? "" : ` It has ${olderCopy}.`),
    );
  const body = toRemote(inputs, { template, groups });
  return {
    create: () => createHogFunction(client, originOf(inputs), body),
    patch(seen) {
      const stored = storedSecrets(inputs, seen, there?.state, connection);
      return patchHogFunction(client, seen, toRemote(inputs, { template, groups, stored }));
    },
    lost: (row) => lostInPostHog(inputs, body, row, groups),
    written: {
      template: template === today ? today && templateDigest(today) : there?.state?.written.template,
    },
  };
}

const olderCopy =
  "an older copy of its template; `lifecycle: { upgrade: true }` in its file makes it follow the template";

/** A function is a copy of its template (contract §1.12): when that has moved on, it is written with the copy it has, unless asked. */
function keptCopy(
  inputs: DestinationInputs,
  { row, state }: There<DestinationState, HogFunction>,
  today: Template,
  { say }: Connection,
): Made | undefined {
  const isCurrent = state ? isWrittenWith(state.written, today) : row.hog.trim() === today.code.trim();
  if (isCurrent || inputs.lifecycle?.upgrade) return undefined;
  if (state === undefined)
    say(`The destination \`${inputs.slug}\` (${row.id}) has ${olderCopy}. Or somebody changed its code.`);
  else if (isCopyEdited(state.written, row))
    throw new RefusedError(
      `The code or the inputs' schema of \`${inputs.slug}\` (${row.id}) was changed in PostHog, and its template has moved on since, ` +
        "so that what was there cannot be written again. Restore it in PostHog, or let `lifecycle: { upgrade: true }` in its file write the template of today.",
    );
  return copyIn(row, today);
}

/** Compared only when asked to follow. */
async function behindItsTemplate(row: HogFunction, state: DestinationState, connection: Connection) {
  const id = state.lifecycle?.upgrade && row.template?.id;
  if (!id) return {};
  const today = await connection.template(id);
  return isWrittenWith(state.written, today) ? {} : { code: "older than its template" };
}

/**
 * The secrets that PostHog has as they are in the file: those we sent, while it has one and nobody has written since. An
 * older PostHog does not count what is written, and is sent them each time.
 */
function storedSecrets(
  inputs: DestinationInputs,
  row: HogFunction,
  state: DestinationState | undefined,
  { fingerprint }: Connection,
): Set<string> {
  const { secrets = {}, version } = state?.written ?? {};
  if (version == null || version !== row.version) return new Set();
  const secret = new Set(row.inputs_schema.filter((item) => item.secret).map((item) => item.key));
  const same = Object.entries(secretInputs(inputs)).filter(
    ([key, value]) =>
      secret.has(key) &&
      row.inputs[key]?.secret === true &&
      secrets[key] !== undefined &&
      secrets[key] === fingerprint(inputs.managed_by, key, value),
  );
  return new Set(same.map(([key]) => key));
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
 * PostHog counts a write since our last one, and shows no secrets: whatever else shows, one may be another now. Until the
 * next update, which sends ours.
 */
function hasPerhapsOtherSecrets(row: HogFunction, written: DestinationState["written"]): boolean {
  const isWritten = row.version != null && written.version != null && row.version !== written.version;
  return isWritten && row.inputs_schema.some((item) => item.secret);
}
