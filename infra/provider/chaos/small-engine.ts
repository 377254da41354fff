import { isDeepStrictEqual } from "node:util";
import { firstDifference, without } from "../../wire/json.ts";
import { InitializationError } from "../errors.ts";
import type { Properties } from "../inputs.ts";
import type { Provider } from "./process.ts";

/** What a program registers, in its order: each waits for those before it that it names in `after`. */
export type Registration = {
  name: string;
  aliases?: string[];
  inputs: (idOf: (name: string) => string) => Properties;
};

type Resource = { id: string; inputs: Properties; outs: Properties; isUnfinished?: true };
export type State = Map<string, Resource>;

export type RunOptions = {
  provider: Provider;
  /** How many calls at a time. */
  width: number;
  /** Called with the state after each step, as checkpoints are written. */
  save: (state: State) => void;
  onlyPreview?: boolean;
};

/**
 * What Pulumi's engine does in an `up` with `refresh: always` (facts §2): reads all, then group after group creates,
 * updates and replaces, then deletes what is not registered; after the first failure it begins nothing more.
 */
export async function runEngine(
  before: State,
  groups: Registration[][],
  options: RunOptions,
): Promise<string[]> {
  const { provider, width, save, onlyPreview = false } = options;
  const state: State = new Map(before);
  const steps: string[] = [];
  const loader = { __provider: "loader" };

  try {
    await each([...state], width, async ([name, { id, outs, ...rest }]) => {
      const read = await provider.read(id, outs);
      if (!read.id) state.delete(name);
      else if (read.inputs)
        state.set(name, {
          ...rest,
          id,
          inputs: { ...read.inputs, ...loader },
          outs: { ...read.props, ...loader },
        });
    });
    if (!onlyPreview) save(state);
    for (const group of groups) await each(group, width, step);
    const registered = new Set(groups.flat().map(({ name }) => name));
    const left = [...state.keys()].filter((name) => !registered.has(name));
    // Those that depend on others go first.
    for (const kind of ["destination", "event-filter"])
      await each(
        left.filter((name) => name.startsWith(kind)),
        width,
        remove,
      );
  } finally {
    if (!onlyPreview) save(state);
  }
  return steps;

  async function step({ name, aliases = [], inputs }: Registration): Promise<void> {
    for (const alias of aliases) {
      const former = state.get(alias);
      if (!former || state.has(name)) continue;
      state.delete(alias);
      state.set(name, former);
    }
    const old = state.get(name);
    const given = { ...inputs((other) => state.get(other)?.id ?? "0"), ...loader };
    const { inputs: news = given, failures = [] } = await provider.check(old?.inputs ?? {}, given);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
    if (!old) return create(name, news);
    if (!old.isUnfinished && isDeepStrictEqual(plain(old.inputs), plain(news))) return;
    const { replaces = [], deleteBeforeReplace } = await provider.diff(old.id, old.outs, news);
    if (replaces.length === 0) {
      const [was, is] = [plain(old.inputs), plain(news)];
      steps.push(`update ${name}: ${firstDifference(was, is) ?? firstDifference(is, was) ?? "unfinished"}`);
      if (onlyPreview) return;
      return initialised(name, news, async () => ({
        id: old.id,
        outs: (await provider.update(old.id, old.outs, news)).outs ?? {},
      }));
    }
    if (!deleteBeforeReplace) throw new Error("a create would find the old object by its marker");
    await remove(name);
    await create(name, news);
  }

  async function create(name: string, news: Properties): Promise<void> {
    steps.push(`create ${name}`);
    if (onlyPreview) return;
    await initialised(name, news, async () => {
      const { id, outs = {} } = await provider.create(news);
      return { id, outs };
    });
  }

  /** One that is there and not as asked for is kept, and updated by the next run (facts §2). */
  async function initialised(
    name: string,
    inputs: Properties,
    work: () => Promise<{ id: string; outs: Properties }>,
  ) {
    try {
      state.set(name, { inputs, ...(await work()) });
    } catch (error) {
      if (!(error instanceof InitializationError)) throw error;
      state.set(name, { inputs, id: error.id, outs: error.properties, isUnfinished: true });
      throw error;
    } finally {
      save(state);
    }
  }

  async function remove(name: string): Promise<void> {
    const old = state.get(name);
    if (!old) return;
    steps.push(`delete ${name}`);
    if (onlyPreview) return;
    await provider.delete(old.id, old.outs);
    state.delete(name);
    save(state);
  }
}

/** `width` at a time; after a failure those under way are awaited and no other begins. */
async function each<T>(items: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  async function lane() {
    for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  }
  await Promise.all(Array.from({ length: width }, lane));
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      failures.map((error) => (error instanceof Error ? error.message : error)).join("\n"),
    );
}

function plain(inputs: Properties): Properties {
  return JSON.parse(JSON.stringify(without(inputs, ["__provider"])));
}
