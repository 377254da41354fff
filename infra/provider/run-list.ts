import { type Owner, ownerOf } from "../wire/marker.ts";
import { shared } from "./shared.ts";

/** What every object of ours in PostHog has: an id, a label for people, and a description that carries the marker. */
export type Owned = { id: string; name: string; description: string };

/** The objects of one kind in one project as one run sees them: listed once, shared by all calls of the process. */
export type RunList<Row extends Owned> = {
  /** Lists now, if that was not done yet; throws what PostHog answers when it cannot be. */
  load(): Promise<void>;
  /** `null` when it is gone. A row that the list lacks is asked for alone: rows move while somebody edits (contract §1.3). */
  get(id: string): Promise<Row | null>;
  /** State has it as this one's, whatever its marker says: a killed run may have renamed it. */
  know(id: string, owner: Owner): void;
  /** Those whose marker says `owner`, and state not otherwise; more than one when somebody copied it in PostHog. */
  ownedBy(owner: Owner): Promise<Row[]>;
  /** Asks for this one alone, whatever the list says. */
  look(id: string): Promise<Row | null>;
  /** Lists again: after an unclear answer only PostHog knows. */
  refetch(): Promise<void>;
  /** Takes in what this run wrote itself. */
  put(row: Row): Promise<void>;
  remove(id: string): Promise<void>;
};

export function createRunList<Row extends Owned>(
  list: () => Promise<Map<string, Row>>,
  getOne: (id: string) => Promise<Row | null>,
): RunList<Row> {
  let rows = shared(load);
  const known = new Map<string, Owner>();
  return {
    async load() {
      await rows();
    },
    async get(id) {
      return (await rows()).get(id)?.row ?? getOne(id);
    },
    look: getOne,
    know(id, owner) {
      known.set(id, owner);
    },
    async ownedBy(owner) {
      return [...(await rows()).values()]
        .filter(({ row, owner: marked }) => marked === owner && (known.get(row.id) ?? owner) === owner)
        .map(({ row }) => row);
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
    return new Map([...(await list())].map(([id, row]) => [id, entryOf(row)]));
  }

  /** The marker is read once: every object of ours asks for its owner. */
  function entryOf(row: Row): { row: Row; owner: Owner | null } {
    return { row, owner: ownerOf(row.description) };
  }
}
