import { type Owner, ownerOf } from "../wire/marker.ts";
import { shared } from "./shared.ts";

/** What every object of ours in PostHog has: an id, a label for people, and a description that carries the marker. */
export type Owned = { id: string; name: string; description: string };

/** The marker is read once: every object of ours asks for its owner. */
export type Entry<Row extends Owned> = { row: Row; owner: Owner | null };

/** The objects of one kind in one project as one run sees them: listed once, shared by all calls of the process. */
export type RunList<Row extends Owned> = {
  /** Lists now, if that was not done yet; throws what PostHog answers when it cannot be. */
  load(): Promise<void>;
  /** `null` when it is gone. A row that the list lacks is asked for alone, while there are few. */
  get(id: string): Promise<Row | null>;
  entries(): Promise<Entry<Row>[]>;
  /** State has it as this one's, whatever its marker says: a killed run may have renamed it. */
  know(id: string, owner: Owner): void;
  knownAs(id: string): Owner | undefined;
  /** Those whose marker says `owner`, and state not otherwise; more than one when somebody copied it in PostHog. */
  ownedBy(owner: Owner): Promise<Row[]>;
  /** Of those the ones that may be what a killed run left. */
  leftOver(owner: Owner): Promise<Row[]>;
  /** Was seen beside the one that is being replaced. */
  isCopy(id: string): void;
  /** Asks for this one alone, whatever the list says. */
  look(id: string): Promise<Row | null>;
  /** Waits for a list that was begun after this call: after an unclear answer only PostHog knows. */
  refetch(): Promise<void>;
  /** Takes in what this run wrote itself. */
  put(row: Row): void;
  remove(id: string): void;
};

/** More than these were deleted in one go. */
const fewMissing = 20;

export function createRunList<Row extends Owned>(
  list: () => Promise<Map<string, Row>>,
  getOne: (id: string) => Promise<Row | null>,
): RunList<Row> {
  /** The list that was begun last, unless it failed; `over` when it is done, well or not. */
  let current: { entries: Promise<Entries<Row>>; over: Promise<unknown> } | undefined;
  /** For all who ask for a new list while one is under way. */
  let next: Promise<unknown> | undefined;
  let listed = new Entries<Row>([]);
  /** What this run wrote, or saw alone, since the current list was begun: that may be older. */
  const written = new Map<string, Row | null>();
  const known = new Map<string, Owner>();
  const copies = new Set<string>();
  const alone = new Map<string, () => Promise<Row | null>>();
  const listAgain = shared(refetch);

  function entries(): Promise<Entries<Row>> {
    return (current ?? begin()).entries;
  }

  function begin() {
    const entries = load();
    const begun = {
      entries,
      over: entries.catch(() => {
        current = undefined;
      }),
    };
    current = begun;
    return begun;
  }

  async function load(): Promise<Entries<Row>> {
    written.clear();
    listed = new Entries((await list()).values());
    for (const [id, row] of written) note(id, row);
    return listed;
  }

  async function refetch(): Promise<void> {
    next ??= Promise.resolve(current?.over).then(() => {
      next = undefined;
      return begin().entries;
    });
    await next;
  }

  function note(id: string, row: Row | null): void {
    written.set(id, row);
    if (row) listed.set(row);
    else listed.delete(id);
  }

  function getAlone(id: string): Promise<Row | null> {
    const asked = alone.get(id);
    if (asked) return asked();
    const ask = shared(async () => {
      const row = await getOne(id);
      if (row) note(id, row);
      return row;
    });
    alone.set(id, ask);
    return ask();
  }

  /**
   * A 404 is certain. That a list lacks a row is not: PostHog could hide it there, and it would be created a second time. But
   * hundreds that were deleted are not worth a call each. So the first few are asked for alone; when the list was right about
   * every one of them, a second list, begun later, is believed about the others.
   */
  async function getMissing(id: string): Promise<Row | null> {
    if (alone.has(id) || alone.size < fewMissing) return getAlone(id);
    const asked = await Promise.all([...alone.values()].slice(0, fewMissing).map((ask) => ask()));
    if (asked.some((row) => row !== null)) return getAlone(id);
    await listAgain();
    return (await entries()).get(id)?.row ?? null;
  }

  async function ownedBy(owner: Owner): Promise<Row[]> {
    return (await entries()).ownedBy(owner).filter(({ id }) => (known.get(id) ?? owner) === owner);
  }

  return {
    async load() {
      await entries();
    },
    async get(id) {
      return (await entries()).get(id)?.row ?? getMissing(id);
    },
    entries: async () => [...(await entries()).values()],
    know(id, owner) {
      known.set(id, owner);
    },
    knownAs: (id) => known.get(id),
    ownedBy,
    leftOver: async (owner) => (await ownedBy(owner)).filter(({ id }) => !copies.has(id)),
    isCopy(id) {
      copies.add(id);
    },
    look: getOne,
    refetch,
    put: (row) => note(row.id, row),
    remove: (id) => note(id, null),
  };
}

/** By owner too: each object of ours asks for its own, and a walk through all for each grows with their square. */
class Entries<Row extends Owned> {
  readonly #byId = new Map<string, Entry<Row>>();
  readonly #byOwner = new Map<Owner | null, Map<string, Row>>();

  constructor(rows: Iterable<Row>) {
    for (const row of rows) this.set(row);
  }

  get(id: string): Entry<Row> | undefined {
    return this.#byId.get(id);
  }

  values(): Iterable<Entry<Row>> {
    return this.#byId.values();
  }

  ownedBy(owner: Owner): Row[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])];
  }

  set(row: Row): void {
    this.delete(row.id);
    const owner = ownerOf(row.description);
    this.#byId.set(row.id, { row, owner });
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? new Map()).set(row.id, row));
  }

  delete(id: string): void {
    const { owner = null } = this.#byId.get(id) ?? {};
    this.#byOwner.get(owner)?.delete(id);
    this.#byId.delete(id);
  }
}
