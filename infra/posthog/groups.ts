import { z } from "zod";
import { parse } from "./answers.ts";
import type { PostHogClient } from "./http.ts";

const list = z.array(z.object({ group_type: z.string(), group_type_index: z.int() }));

const path = "groups_types/";

/** The project's group types, each with the number that PostHog knows it by there. Needs the scope `group:read`. */
export async function getGroupTypes(client: PostHogClient): Promise<ReadonlyMap<string, number>> {
  const types = parse(list, await client.get(path), path);
  return new Map(types.map(({ group_type, group_type_index }) => [group_type, group_type_index]));
}
