import { PostHogError } from "../posthog/errors.ts";
import type { Connection } from "./connection.ts";
import type { Entry, Owned } from "./run-list.ts";

/** The files of a stack when it was last applied; without `owner` in an older state. */
type Files = {
  owner?: string | undefined;
  slugs: Record<string, boolean>;
  eventFilters: string[];
  renamed: Record<string, string>;
};

/** What carries this stack's marker and none of its files describes, each with what to do about it. */
export async function orphansInWords(files: Files, connection: Connection): Promise<string | undefined> {
  const { owner, slugs, eventFilters, renamed } = files;
  if (owner === undefined) return undefined;
  const { host, project } = connection.client;
  // A file's former name is in the marker until the object is written again.
  const destinations = new Set([...Object.keys(slugs), ...Object.keys(renamed)]);
  const functions = orphansAmong(await connection.functions.entries(), owner, destinations);
  const actions = orphansAmong(await actionsOf(connection), owner, new Set(eventFilters));
  const lines = [
    ...functions.map(
      ({ slug, row: { id, enabled } }) =>
        `destination ${slug} (${id}), ${enabled ? "enabled" : "disabled"}: ${host}/project/${project}/functions/${id}`,
    ),
    ...actions.map(
      ({ slug, row: { id } }) =>
        `event filter ${slug} (${id}): ${host}/project/${project}/data-management/actions/${id}`,
    ),
  ];
  if (lines.length === 0) return undefined;
  return [
    `PostHog has ${lines.length} of this stack's objects that none of its files described when it was last applied, ` +
      "as an interrupted run or `retain` leaves them:",
    ...lines.map((line) => `  ${line}`),
    "Bring a file back, and `up` takes its object over; or delete the object in PostHog; " +
      "or take the last line out of its description: then it is nobody's, and this notice ends.",
  ].join("\n");
}

function orphansAmong<Row extends Owned>(entries: Entry<Row>[], owner: string, known: Set<string>) {
  const prefix = `${owner}/`;
  const orphans = entries.flatMap(({ row, owner: marked }) => {
    const slug = marked?.startsWith(prefix) ? marked.slice(prefix.length) : undefined;
    return slug === undefined || known.has(slug) ? [] : [{ slug, row }];
  });
  return orphans.sort((one, other) => (one.slug < other.slug ? -1 : 1));
}

/** A key that may not read actions has made none. */
async function actionsOf({ actions }: Connection) {
  try {
    return await actions.entries();
  } catch (error) {
    if (error instanceof PostHogError && error.status === 403) return [];
    throw error;
  }
}
