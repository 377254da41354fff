import type { dynamic } from "@pulumi/pulumi";
import { PostHogError } from "../posthog/errors.ts";
import {
  createHogFunction,
  deleteHogFunction,
  disableHogFunction,
  type HogFunction,
  type HogFunctionBody,
  patchHogFunction,
} from "../posthog/hog-functions.ts";
import type { Clock } from "../posthog/limiter.ts";
import {
  changedOutside,
  type DestinationInputs,
  fromRemote,
  lostInPostHog,
  toRemote,
  unknownInputs,
  type Written,
  webhookTemplate,
  writtenOf,
} from "../wire/destination.ts";
import { isSame, without } from "../wire/json.ts";
import type { Connection } from "./connection.ts";
import type { EngineWatch } from "./engine-watch.ts";
import { InitializationError, RefusedError } from "./errors.ts";
import { hidingSecrets } from "./hiding-secrets.ts";
import { destinationProblems, type Properties, parseDestination, parseState } from "./inputs.ts";
import { findOurs, refuseForeign } from "./ownership.ts";

export type DestinationOptions = {
  connect: (place: { host: string; project: string }) => Connection;
  engine: () => EngineWatch;
  clock: Clock;
};

/** Stands for a string that is known only after other resources are there. */
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** A create that was answered unclearly may still be under way when the first look comes back. */
const looksAfterMs = [1000, 4000];

export function createDestinationProvider({ connect, engine, clock }: DestinationOptions) {
  return {
    /** A backstop: the program has checked the files. No network (law 7). */
    async check(_olds: Properties, news: Properties) {
      if (JSON.stringify(news).includes(unknownString)) return { inputs: news };
      const failures = destinationProblems(news).map((reason) => ({ property: "", reason }));
      return { inputs: news, failures };
    },

    /** Says nothing of changes: the engine then compares the inputs itself, property by property. */
    async diff(_id: string, olds: Properties, news: Properties) {
      const replaces = ["host", "project"].filter((key) => olds[key] !== news[key]);
      // Create looks for the marker first: it must not find the one that is deleted next.
      return { replaces, deleteBeforeReplace: true };
    },

    async create(properties: Properties) {
      const inputs = parseDestination(properties);
      const connection = connect(inputs);
      const body = await prepare(inputs, connection);
      const remote = await hidingSecrets(inputs, async () => {
        const ours = await findOurs(connection.list, inputs.managed_by);
        if (ours) return patchHogFunction(connection.client, ours.id, body);
        return createOnce(inputs, connection, body);
      });
      return { id: remote.id, outs: await settle(properties, inputs, connection, body, remote) };
    },

    async update(id: string, olds: Properties, news: Properties) {
      const inputs = parseDestination(news);
      const connection = connect(inputs);
      const current = await connection.list.get(id);
      if (current === null)
        throw new RefusedError(
          `The destination ${id} went away during this run. Run again: it will be created.`,
        );
      refuseForeign(current, [inputs.managed_by, parseState(olds).written.by]);
      const body = await prepare(inputs, connection);
      const remote = await hidingSecrets(inputs, () => patchHogFunction(connection.client, id, body));
      return { outs: await settle(news, inputs, connection, body, remote) };
    },

    async read(id: string, properties: Properties = {}) {
      const { kind, ...known } = parseState(properties);
      const { list, client } = connect(known);
      const remote = await list.get(id);
      if (remote === null) return {};
      const seen = asJson({ kind, ...fromRemote(remote, known) });
      const copies = (await list.ownedBy(known.written.by))
        .map((row) => row.id)
        .filter((other) => other !== id);
      const inputs = {
        ...seen,
        // Somebody copied it in PostHog, or brought a deleted one back: it sends too, and is not ours to end (law 4).
        ...(copies.length > 0 && { copies }),
        ...(isSecretlyChanged(seen, properties, known.written, remote) && { secrets: changedOutside }),
      };
      return { id, props: { ...inputs, ...asJson(facts(remote, client)), written: known.written }, inputs };
    },

    async delete(id: string, properties: Properties) {
      const state = parseState(properties);
      const { list, client } = connect(state);
      const current = await list.get(id);
      if (current === null) return;
      refuseForeign(current, [state.written.by]);
      await deleteHogFunction(client, id);
      await list.remove(id);
    },
  } satisfies dynamic.ResourceProvider;

  /**
   * POSTs once. An unclear answer (5xx, cut, timed out, unreadable) may have created it, and a second POST a second live
   * destination (contract §9.11): then look, take it if it is there, else give up; the next run looks first.
   */
  async function createOnce(
    inputs: DestinationInputs,
    { client, list }: Connection,
    body: HogFunctionBody,
  ): Promise<HogFunction> {
    if (!(await engine().isThere()))
      throw new RefusedError("The engine that started this run is gone: nothing was created.");
    try {
      return await createHogFunction(client, webhookTemplate, body);
    } catch (error) {
      if (!(error instanceof PostHogError) || !error.unclear) throw error;
      for (const wait of looksAfterMs) {
        await clock.sleep(wait);
        const created = await list
          .refetch()
          .then(() => findOurs(list, inputs.managed_by))
          .catch((failure: unknown) => {
            if (!(failure instanceof PostHogError)) throw failure; // two of them: that is worth more than the POST's error
            return undefined;
          });
        if (created) return created;
      }
      throw error;
    }
  }
}

/** What is to be sent, once it is known that this PostHog understands all of it (contract §9.15). */
async function prepare(inputs: DestinationInputs, { template }: Connection): Promise<HogFunctionBody> {
  const current = await template();
  const unknown = unknownInputs(inputs, current);
  if (unknown.length > 0) {
    throw new RefusedError(
      `The webhook template of ${inputs.host} has no input ${unknown.map((key) => `\`${key}\``).join(", ")} and would drop it without a word. ` +
        "PostHog signs webhooks (`signing_secret`) since August 2026: update PostHog, or leave the input out.",
    );
  }
  return toRemote(inputs, current);
}

/** The outputs, once all that was sent came back; otherwise the destination is switched off (laws 1 and 6). */
async function settle(
  properties: Properties,
  inputs: DestinationInputs,
  { client, list }: Connection,
  body: HogFunctionBody,
  remote: HogFunction,
): Promise<Properties> {
  await list.put(remote);
  const written = { ...writtenOf(remote), by: inputs.managed_by };
  const outs = asJson({ ...properties, ...facts(remote, client), written });
  const lost = lostInPostHog(inputs, body, remote);
  if (lost === undefined) return outs;
  const reasons = [`PostHog did not keep \`${lost}\` of the destination ${inputs.slug} (${remote.id}).`];
  try {
    await hidingSecrets(inputs, () => disableHogFunction(client, remote.id));
    reasons.push("It was switched off, because it would send something else than its file says.");
  } catch (error) {
    reasons.push(
      `It could not be switched off, do so in PostHog: ${error instanceof Error ? error.message : error}`,
    );
  }
  throw new InitializationError(remote.id, outs, reasons);
}

/**
 * PostHog counts a change since our last write, and nothing that can be read differs: then a secret was replaced, or
 * something was changed and changed back. The next update writes ours.
 */
function isSecretlyChanged(
  seen: Properties,
  state: Properties,
  written: Written,
  { version }: HogFunction,
): boolean {
  if (version == null || written.version == null || version === written.version) return false;
  const notSeen = ["copies", "secrets", "posthog_url", "version", "written", "__provider"];
  return isSame(seen, without(state, notSeen));
}

/** What is known only after a write; nothing that moves by itself, or every refresh would have something to say. */
function facts(remote: HogFunction, { host, project }: { host: string; project: string }) {
  return { posthog_url: `${host}/project/${project}/functions/${remote.id}`, version: remote.version };
}

/** `undefined` anywhere in the outputs would lose a resource that was just created. */
function asJson(value: Properties): Properties {
  return JSON.parse(JSON.stringify(value));
}
