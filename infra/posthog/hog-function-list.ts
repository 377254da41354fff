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
 * between them. And after several pages the front is read again, down to a page whose last row is still as it was known:
 * whatever moved stands before it, also what PostHog recompiled, which is a few seconds behind the front (each row has the
 * time when its turn came, and all are written at the end). A single page is one look of PostHog's at its table.
 * Rows of one time have no order, and each page its own idea of it: larger pages end that, at last a single one.
 */
export async function listHogFunctions(
  client: PostHogClient,
  pageSize = rowsOfAPage,
): Promise<Map<string, HogFunction>> {
  let limit = pageSize;
  let rows = new Map<string, HogFunction>();
  for (let reading = 1; reading <= mostReadings; reading++) {
    const { pages, isJoined, count } = await readFront();
    if (!isJoined || rows.size < count) {
      rows = new Map();
      limit *= 2;
    } else if (pages === 1) return rows;
  }
  throw new PostHogError({
    status: 200,
    code: "incomplete_list",
    detail: `the list did not come out whole in ${mostReadings} readings, as while many destinations are changed: run again`,
    request: "GET hog_functions/",
  });

  /** Down to a row that is as it was before this reading; to the end when there was none. */
  async function readFront() {
    const known = new Map(rows);
    let before: Set<string> | undefined;
    let offset = 0;
    for (let pages = 1; ; pages++) {
      const { count, next, results } = await read(offset);
      const ids = new Set(results.map(({ id }) => id));
      const isJoined = before === undefined || [...ids].some((id) => before?.has(id));
      for (const row of results) rows.set(row.id, row);
      const last = results.at(-1);
      const isKnown = last !== undefined && known.get(last.id)?.updated_at === last.updated_at;
      if (!isJoined || next == null || isKnown) return { pages, isJoined, count };
      before = ids;
      // A PostHog may give less than was asked for.
      offset += ids.size - Math.min(Math.ceil(ids.size / 20), ids.size - 1);
    }
  }

  async function read(offset: number): Promise<z.infer<typeof page>> {
    const query = {
      full: "true",
      type: "destination,internal_destination",
      limit: String(limit),
      offset: String(offset),
    };
    return parse(page, await client.get("hog_functions/", query), "GET hog_functions/");
  }
}
