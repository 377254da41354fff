import { z } from "zod";
import { nullIfGone, parse, text } from "./answers.ts";
import { PostHogError } from "./errors.ts";
import type { PostHogClient } from "./http.ts";

/** What we read of an action (contract §6.1). Its number is a text in filters, and so everywhere here. */
const action = z.object({
  id: z.int().transform(String),
  name: text,
  description: text,
  deleted: z.boolean().nullish(),
  steps: z
    .array(z.record(z.string(), z.unknown()))
    .nullish()
    .transform((steps) => steps ?? []),
});
export type Action = z.infer<typeof action>;

/** What we write of an action, always all of it; the rest (tags, Slack messages) is for people. */
export type ActionBody = { name: string; description: string; steps: Record<string, unknown>[] };

const list = z.object({ results: z.array(action) });

const path = "actions/";

/** Every action of the project that is not deleted: this list has no pages (contract §6.1). */
export async function listActions(client: PostHogClient): Promise<Map<string, Action>> {
  const { results } = parse(list, await client.get(path), path);
  return new Map(results.map((row) => [row.id, row]));
}

/** `null` when it is gone. A deleted action is still answered, and says so (contract §6.1). */
export async function getAction(client: PostHogClient, id: string): Promise<Action | null> {
  return nullIfGone(client.get(`${path}${id}/`).then(read));
}

/** An error that is `unclear` may have created it. */
export async function createAction(client: PostHogClient, body: ActionBody): Promise<Action> {
  return read(await client.post(path, body));
}

export async function patchAction(client: PostHogClient, id: string, body: ActionBody): Promise<Action> {
  return read(await client.patch(`${path}${id}/`, body));
}

/** DELETE is refused, as for hog functions (contract §6.1). */
export async function deleteAction(client: PostHogClient, { id }: Pick<Action, "id">): Promise<void> {
  const answer = await nullIfGone(client.patch(`${path}${id}/`, { deleted: true }));
  if (answer !== null) parse(z.object({ deleted: z.literal(true) }), answer, path);
}

/** A deleted action takes changes as a living one does: here it is gone, as a deleted hog function is. */
function read(answer: unknown): Action {
  const row = parse(action, answer, path);
  if (!row.deleted) return row;
  throw new PostHogError({
    status: 404,
    code: "not_found",
    detail: "This action is deleted.",
    request: `${path}${row.id}/`,
  });
}
