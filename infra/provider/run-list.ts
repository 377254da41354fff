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
  let rows = shared(load);
  return {
    async load() {
      await rows();
    },
    async get(id) {
      return (await rows()).get(id)?.row ?? getHogFunction(client, id);
    },
    async ownedBy(owner) {
      return [...(await rows()).values()].filter((entry) => entry.owner === owner).map(({ row }) => row);
    },
    async refetch() {
      rows = shared(load);
      await rows();
    },
    async put(row) {
      (await rows()).set(row.id, entryOf(row));
    },
    async remove(id) {
      (await rows()).delete(id);
    },
  };

  async function load() {
    const listed = await listHogFunctions(client);
    return new Map([...listed].map(([id, row]) => [id, entryOf(row)]));
  }
}

/** The marker is read once: every destination asks for its owner. */
function entryOf(row: HogFunction): { row: HogFunction; owner: Owner | null } {
  return { row, owner: readMarker(row.description).owner };
}
