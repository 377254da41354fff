import { PostHogError } from "../posthog/errors.ts";
import type { Connection } from "./connection.ts";
import type { Entry, Owned } from "./run-list.ts";

/** The files of a stack when it was last applied; without `owner` in an older state. */
type Files = {
  owner?: string | undefined;
  slugs: Record<string, boolean>;
  eventFilters: Record<string, string>;
  renamed: Record<string, string>;
};

/** What carries this stack's marker and none of its files describes, each with what to do about it. */
export async function orphansInWords(files: Files, connection: Connection): Promise<string | undefined> {
  const { owner, slugs, eventFilters, renamed } = files;
  if (owner === undefined) return undefined;
  const { host, project } = connection.client;
  const destinations = { ...renamed, ...Object.fromEntries(Object.keys(slugs).map((slug) => [slug, slug])) };
  const functions = orphansAmong(await connection.functions.entries(), owner, destinations);
  const actions = orphansAmong(await actionsOf(connection), owner, eventFilters);
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
    "Run `up` first; what is still named after it was left behind by an interrupted run or by `retain`. " +
      `PostHog has ${lines.length} of this stack's objects that none of its files described when it was last applied:`,
    ...lines.slice(0, 10).map((line) => `  ${line}`),
    ...(lines.length > 10 ? [`  and ${lines.length - 10} more`] : []),
    "Bring a file back, and `up` takes its object over; or delete the object in PostHog; " +
      "or take the last line out of its description: then it is nobody's, and this notice ends.",
  ].join("\n");
}

/** `files`: what each name of a file, former ones too, is called now. */
function orphansAmong<Row extends Owned>(
  entries: Entry<Row>[],
  owner: string,
  files: Record<string, string>,
) {
  const prefix = `${owner}/`;
  const marked = entries.flatMap(({ row, owner: of }) =>
    of?.startsWith(prefix) ? [{ slug: of.slice(prefix.length), row }] : [],
  );
  const slugs = new Set(marked.map(({ slug }) => slug));
  // A file's former name is in the marker until the object is written again: but not when the file has another one.
  const isKnown = (slug: string) => {
    const file = files[slug];
    return file !== undefined && (file === slug || !slugs.has(file));
  };
  return marked.filter(({ slug }) => !isKnown(slug)).sort((one, other) => (one.slug < other.slug ? -1 : 1));
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
