import { getHogFunction, type HogFunction, listHogFunctions } from "../posthog/hog-functions.ts";
import type { PostHogClient } from "../posthog/http.ts";
import { type Owner, readMarker } from "../wire/marker.ts";
import { shared } from "./shared.ts";

/** The destinations of one project as one run sees them: listed once, shared by all calls of the process. */
export type RunList = {
  /** Lists now, if that was not done yet; throws what PostHog answers when it cannot be. */
  load(): Promise<void>;
  /** `null` when it is gone. A row that the list lacks is asked for alone: rows move while somebody edits (contract §1.3). */
  get(id: string): Promise<HogFunction | null>;
  /** Those whose marker says `owner`; more than one when somebody copied it in PostHog. */
  ownedBy(owner: Owner): Promise<HogFunction[]>;
  /** Lists again: after an unclear answer only PostHog knows. */
  refetch(): Promise<void>;
  /** Takes in what this run wrote itself. */
  put(row: HogFunction): Promise<void>;
  remove(id: string): Promise<void>;
};

export function createRunList(client: PostHogClient): RunList {
  let rows = shared(() => listHogFunctions(client));
  return {
    async load() {
      await rows();
    },
    async get(id) {
      return (await rows()).get(id) ?? getHogFunction(client, id);
    },
    async ownedBy(owner) {
      const all = [...(await rows()).values()];
      return all.filter((row) => readMarker(row.description).owner === owner);
    },
    async refetch() {
      rows = shared(() => listHogFunctions(client));
      await rows();
    },
    async put(row) {
      (await rows()).set(row.id, row);
    },
    async remove(id) {
      (await rows()).delete(id);
    },
  };
}
