import type { dynamic } from "@pulumi/pulumi";
import { PostHogError } from "../posthog/errors.ts";
import type { PostHogClient } from "../posthog/http.ts";
import type { Clock } from "../posthog/limiter.ts";
import { isSame } from "../wire/json.ts";
import type { Owner } from "../wire/marker.ts";
import type { Upkeep } from "../wire/upkeep.ts";
import type { Connect, Connection } from "./connection.ts";
import type { EngineWatch } from "./engine-watch.ts";
import { InitializationError, RefusedError } from "./errors.ts";
import { hidingSecrets } from "./hiding-secrets.ts";
import type { Properties } from "./inputs.ts";
import { refuseLosing } from "./lifecycle.ts";
import { findOurs, refuseOthers } from "./ownership.ts";
import type { Owned, RunList } from "./run-list.ts";

export type ObjectOptions = { connect: Connect; engine: () => EngineWatch; clock: Clock };

type Place = { host: string; project: string };
type AnyInputs = Place & { slug: string; managed_by: Owner } & Upkeep;
type AnyState = Place & {
  kind: string;
  copies?: string[] | undefined;
  written: { by: Owner; copies?: string[] | undefined };
};

/** What is particular to one kind of object that a file describes. */
export type ObjectKind<Inputs extends AnyInputs, State extends AnyState, Row extends Owned> = {
  /** As messages call it. */
  noun: string;
  problems(inputs: Properties): string[];
  parse(inputs: Properties): Inputs;
  parseState(outputs: Properties): State;
  /** The paths, besides its place, that no update can bring about: PostHog needs another object. */
  replaces(olds: Properties, news: Properties): string[];
  /** The same for an object that is in no state: why it cannot become what the file says. */
  misfit(row: Row, inputs: Inputs): string | undefined;
  rows(connection: Connection): RunList<Row>;
  /**
   * Asks all that is to be known before something is sent; throws unless PostHog understands all of it (contract §9.15).
   * `there`: what is to be overwritten.
   */
  prepare(inputs: Inputs, connection: Connection, there?: There<State, Row>): Promise<Write<Row>>;
  delete(client: PostHogClient, seen: Row): Promise<void>;
  /** The inputs that would have written the row. */
  see(row: Row, state: State, connection: Connection): Promise<Properties>;
  /** What a read finds besides. */
  findings(row: Row, state: State): Properties;
  /** Kept in state for the next read. */
  written(row: Row, inputs: Inputs, connection: Connection): Properties;
  /** Whether PostHog refuses a PATCH over a row that was changed since. */
  isLocked(row: Row): boolean;
  /** What differs when somebody wrote in between. */
  edition(row: Row): unknown;
  secrets(inputs: Inputs): unknown;
  /** Makes an object harmless that PostHog did not keep whole; says what was done. */
  disarm(row: Row, client: PostHogClient): Promise<string>;
};

/** An object of ours in PostHog, and what state says of it; nothing when it was found or adopted. */
export type There<State, Row> = { row: Row; state?: State | undefined };

/** One object that is to be written whole, and how to tell that all of it arrived. */
export type Write<Row> = {
  /** POSTs once. */
  create(): Promise<Row>;
  /** PATCHes once, over `seen`: a newer PostHog refuses it when that was changed since. */
  patch(seen: Row): Promise<Row>;
  /** The path of the first thing that did not come back (contract §9.8). */
  lost(row: Row): string | undefined;
  /** Kept in state for the next read, besides what the row says. */
  written?: Properties;
};

/** After an unclear answer, before each further look: what was sent may still be under way at the first. */
const waitsMs = [1000, 4000];

/** The life of an object in PostHog: the same laws for each kind. */
export function createObjectProvider<Inputs extends AnyInputs, State extends AnyState, Row extends Owned>(
  kind: ObjectKind<Inputs, State, Row>,
  { connect, engine, clock }: ObjectOptions,
) {
  const { noun } = kind;
  return {
    /** A backstop: the program has checked the files. No network (law 7). */
    async check(_olds: Properties, news: Properties) {
      return { inputs: news, failures: kind.problems(news).map((reason) => ({ property: "", reason })) };
    },

    /** Says nothing of changes: the engine then compares the inputs itself, property by property. */
    async diff(id: string, olds: Properties, news: Properties) {
      const moved = ["host", "project"].filter((key) => olds[key] !== news[key]);
      const replaces = [...moved, ...kind.replaces(olds, news)];
      refuseLosing(id, olds, news, replaces, noun);
      // Create looks for the marker first: it must not find the one that is deleted next.
      return { replaces, deleteBeforeReplace: true };
    },

    async create(properties: Properties) {
      const inputs = kind.parse(properties);
      const connection = connect(inputs);
      const { row, write } = await hidingSecrets(kind.secrets(inputs), () =>
        adoptOrCreate(inputs, connection),
      );
      return { id: row.id, outs: await settle(properties, inputs, connection, write, row) };
    },

    async update(id: string, olds: Properties, news: Properties) {
      const inputs = kind.parse(news);
      const connection = connect(inputs);
      const rows = kind.rows(connection);
      const state = kind.parseState(olds);
      const there = await rows.get(id);
      if (there === null) throw wentAway(id);
      refuseOthers(there, [inputs.managed_by, state.written.by], noun);
      const write = await kind.prepare(inputs, connection, { row: there, state });
      const row = await hidingSecrets(kind.secrets(inputs), () => overwrite(there, rows, write));
      const copies = copiesIn(state);
      write.written = { ...write.written, ...(copies.length > 0 && { copies }) };
      return { outs: await settle(news, inputs, connection, write, row) };
    },

    async read(id: string, properties: Properties = {}) {
      const state = kind.parseState(properties);
      const connection = connect(state);
      const rows = kind.rows(connection);
      rows.know(id, state.written.by);
      for (const copy of copiesIn(state)) rows.isCopy(copy);
      const row = await rows.get(id);
      if (row === null) return {};
      const seen = asJson({ kind: state.kind, ...(await kind.see(row, state, connection)) });
      const copies = (await rows.ownedBy(state.written.by))
        .map((other) => other.id)
        .filter((other) => other !== id);
      const inputs = {
        ...seen,
        // Somebody copied it in PostHog, or brought a deleted one back: it works too, and is not ours to end (law 4).
        ...(copies.length > 0 && { copies }),
        ...kind.findings(row, state),
      };
      return { id, props: { ...inputs, written: state.written }, inputs };
    },

    async delete(id: string, properties: Properties) {
      const state = kind.parseState(properties);
      const connection = connect(state);
      const rows = kind.rows(connection);
      for (const copy of copiesIn(state)) rows.isCopy(copy);
      const current = await rows.get(id);
      if (current === null) return;
      refuseOthers(current, [state.written.by], noun);
      await remove(current, state.written.by, connection);
    },
  } satisfies dynamic.ResourceProvider;

  async function adoptOrCreate(
    inputs: Inputs,
    connection: Connection,
  ): Promise<{ row: Row; write: Write<Row> }> {
    const rows = kind.rows(connection);
    const there = await findOurs(rows, inputs, noun);
    const misfit = there && kind.misfit(there, inputs);
    if (there && misfit === undefined) {
      const write = await kind.prepare(inputs, connection, { row: there });
      return { write, row: await overwrite(there, rows, write) };
    }
    if (there && (there.id === inputs.adopt || inputs.lifecycle?.retain))
      throw new RefusedError(
        `The ${noun} ${there.id} cannot become what \`${inputs.slug}\` says: ${misfit}. It is left as it is.`,
      );
    const write = await kind.prepare(inputs, connection);
    if (!(await engine().isThere()))
      throw new RefusedError("The engine that started this run is gone: nothing was created.");
    if (there) {
      // As a replacement would have done, had a killed run not left it.
      await remove(there, inputs.managed_by, connection);
    }
    return { write, row: await createOnce(inputs, rows, write) };
  }

  /** PATCHes; before another try it looks whether somebody else wrote meanwhile, and then leaves theirs alone. */
  async function overwrite(seen: Row, rows: RunList<Row>, write: Write<Row>): Promise<Row> {
    let now = seen;
    async function look() {
      const looked = await rows.look(seen.id);
      if (looked === null) throw wentAway(seen.id);
      if (!isSame(kind.edition(looked), kind.edition(seen)) && write.lost(looked) !== undefined)
        throw new RefusedError(
          `The ${noun} ${JSON.stringify(looked.name)} (${looked.id}) was changed in PostHog during this run: it is left as it is now. ` +
            "Look at the change with `npx pulumi preview --diff --stack STACK`, then run again.",
        );
      now = looked;
    }
    try {
      if (!kind.isLocked(seen)) await look();
      return await repeating(() => write.patch(now), look);
    } catch (error) {
      throw error instanceof PostHogError && error.gone ? wentAway(seen.id) : error;
    }
  }

  /** Deletes; what became another's since it was seen is left alone. */
  async function remove(seen: Row, owner: Owner, connection: Connection): Promise<void> {
    const rows = kind.rows(connection);
    let now = seen;
    async function look() {
      now = (await rows.look(seen.id)) ?? now;
      refuseOthers(now, [owner], noun);
    }
    if (!kind.isLocked(seen)) await look();
    await repeating(() => kind.delete(connection.client, now), look);
    rows.remove(seen.id);
  }

  /** Tries again what was answered unclearly or came too late; `look` comes before each further try. */
  async function repeating<T>(work: () => Promise<T>, look?: () => Promise<void>): Promise<T> {
    let attempt = work;
    for (const wait of waitsMs) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof PostHogError && (error.unclear || error.stale))) throw error;
      }
      await clock.sleep(wait);
      attempt = async () => {
        await look?.();
        return work();
      };
    }
    return attempt();
  }

  function wentAway(id: string): RefusedError {
    return new RefusedError(`The ${noun} ${id} went away during this run. Run again: it will be created.`);
  }

  /**
   * POSTs once. An unclear answer (5xx, cut, timed out, unreadable) may have created it, and a second POST a second one,
   * a destination live at once (contract §9.11): then look, take it if it is there, else give up; the next run looks first.
   */
  async function createOnce(inputs: Inputs, rows: RunList<Row>, write: Write<Row>): Promise<Row> {
    try {
      return await write.create();
    } catch (error) {
      if (!(error instanceof PostHogError) || !error.unclear) throw error;
      for (const wait of waitsMs) {
        await clock.sleep(wait);
        const created = await rows
          .refetch()
          .then(() => findOurs(rows, inputs, noun))
          .catch((failure: unknown) => {
            if (!(failure instanceof PostHogError)) throw failure; // two of them: that is worth more than the POST's error
            return undefined;
          });
        // Whole, once more: somebody may have been at it before it was found.
        if (created) return overwrite(created, rows, write);
      }
      throw error;
    }
  }

  /** The outputs, once all that was sent came back; otherwise the object is made harmless (laws 1 and 6). */
  async function settle(
    properties: Properties,
    inputs: Inputs,
    connection: Connection,
    write: Write<Row>,
    row: Row,
  ): Promise<Properties> {
    const { client } = connection;
    kind.rows(connection).put(row);
    const written = { ...kind.written(row, inputs, connection), ...write.written, by: inputs.managed_by };
    const outs = asJson({ ...properties, written });
    const lost = write.lost(row);
    if (lost === undefined) return outs;
    const reasons = [`PostHog did not keep \`${lost}\` of the ${noun} ${inputs.slug} (${row.id}).`];
    try {
      reasons.push(
        await hidingSecrets(kind.secrets(inputs), () => repeating(() => kind.disarm(row, client))),
      );
    } catch (error) {
      reasons.push(
        `It could not be made harmless, do so in PostHog: ${error instanceof Error ? error.message : error}`,
      );
    }
    throw new InitializationError(row.id, outs, reasons);
  }
}

/** Made by people, as far as any run saw: none of them is what a killed run left. */
function copiesIn({ copies = [], written }: AnyState): string[] {
  return [...new Set([...copies, ...(written.copies ?? [])])];
}

/** `undefined` anywhere in the outputs would lose a resource that was just created. */
function asJson(value: Properties): Properties {
  return JSON.parse(JSON.stringify(value));
}
