import { z } from "zod";
import { parse } from "./answers.ts";
import { PostHogError } from "./errors.ts";
import { type HogFunction, hogFunction } from "./hog-functions.ts";
import type { PostHogClient } from "./http.ts";

const page = z.object({
  count: z.number(),
  next: z.string().nullish(),
  results: z.array(hogFunction.extend({ updated_at: z.string() })),
});

const mostReadings = 6;
/** A full row carries its template, some 20 kB in all, and PostHog asks its workers for the state of each (contract §1.11). */
const rowsOfAPage = 250;

/**
 * Every destination of the project, whole, as of the last request. Somebody may edit meanwhile: the last changed row comes
 * first (contract §1.3), so a changed or new one moves to the front, past the pages that are read already, and a deleted one
 * lets the others move up. When both happen PostHog's own count notices neither, and a row that is not seen would be created
 * a second time. So each page overlaps with the one before: as long as they share a row, none that kept its place was
 * between them. And after several pages the front is read again, back to when they were begun: whatever changed since is
 * there. A single page is one look of PostHog's at its table.
 */
export async function listHogFunctions(
  client: PostHogClient,
  pageSize = rowsOfAPage,
): Promise<Map<string, HogFunction>> {
  let rows = new Map<string, HogFunction>();
  let since = Number.NEGATIVE_INFINITY;
  for (let reading = 1; reading <= mostReadings; reading++) {
    const { pages, isJoined, count, newest } = await readBackTo(since);
    if (!isJoined || rows.size < count) {
      rows = new Map();
      since = Number.NEGATIVE_INFINITY;
    } else if (pages === 1) return rows;
    else since = newest;
  }
  throw new PostHogError({
    status: 200,
    code: "incomplete_list",
    detail: `the list did not come out whole in ${mostReadings} readings, as while many destinations are changed: run again`,
    request: "GET hog_functions/",
  });

  /** Reads from the front until rows were last changed before `since`. */
  async function readBackTo(since: number) {
    let before: Set<string> | undefined;
    let newest = Number.NEGATIVE_INFINITY;
    let offset = 0;
    for (let pages = 1; ; pages++) {
      const { count, next, results } = await read(offset);
      const ids = new Set(results.map(({ id }) => id));
      const isJoined = before === undefined || [...ids].some((id) => before?.has(id));
      for (const row of results) rows.set(row.id, row);
      const changed = results.map((row) => Date.parse(row.updated_at));
      if (pages === 1) newest = Math.max(...changed);
      if (!isJoined || next == null || Number(changed.at(-1)) < since)
        return { pages, isJoined, count, newest };
      before = ids;
      // A PostHog may give less than was asked for.
      offset += ids.size - Math.min(Math.ceil(ids.size / 20), ids.size - 1);
    }
  }

  async function read(offset: number): Promise<z.infer<typeof page>> {
    const query = {
      full: "true",
      type: "destination,internal_destination",
      limit: String(pageSize),
      offset: String(offset),
    };
    return parse(page, await client.get("hog_functions/", query), "GET hog_functions/");
  }
}
