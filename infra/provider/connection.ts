import { type Action, getAction, listActions } from "../posthog/actions.ts";
import { getGroupTypes } from "../posthog/groups.ts";
import { listHogFunctions } from "../posthog/hog-function-list.ts";
import { getHogFunction, type HogFunction } from "../posthog/hog-functions.ts";
import { createClient, type PostHogClient } from "../posthog/http.ts";
import { type Clock, createLimiter, systemClock } from "../posthog/limiter.ts";
import { getTemplate, type Template } from "../posthog/templates.ts";
import type { GroupTypes } from "../wire/properties.ts";
import { createFingerprint, type Fingerprint } from "./fingerprints.ts";
import { createRunList, type RunList } from "./run-list.ts";
import { shared } from "./shared.ts";
import { createTurns, type Turns } from "./turns.ts";

/** One project of one PostHog, for the length of one run; whatever is asked for is asked for once. */
export type Connection = {
  client: PostHogClient;
  functions: RunList<HogFunction>;
  actions: RunList<Action>;
  /** Writes of actions come one after the other: a name may go from one to another. */
  actionTurn: Turns;
  /** As this PostHog serves it. */
  template(id: string): Promise<Template>;
  groupTypes(): Promise<GroupTypes>;
  fingerprint: Fingerprint;
  /** Tells whoever runs it something in passing. */
  say(text: string): void;
};

export type Connect = (place: { host: string; project: string }) => Connection;

export type ConnectOptions = {
  apiKey: () => string;
  signingKey: () => string | undefined;
  say: (text: string) => void;
  clock?: Clock;
};

/** The same connection for the same project each time, and one limiter for each host: a key belongs to one (contract §6.7). */
export function createConnector({ apiKey, signingKey, say, clock = systemClock }: ConnectOptions): Connect {
  const limiterOf = keyed(
    (host: string) => host,
    (host) => createLimiter({ host, clock, say }),
  );
  return keyed(
    ({ host, project }) => JSON.stringify([host, project]),
    ({ host, project }) => {
      const client = createClient({ host, project, apiKey: apiKey(), limiter: limiterOf(host), clock });
      const template = keyed(
        (id: string) => id,
        (id) => shared(() => getTemplate(client, id)),
      );
      return {
        client,
        functions: createRunList(
          () => listHogFunctions(client),
          (id) => getHogFunction(client, id),
        ),
        actions: createRunList(
          () => listActions(client),
          (id) => getAction(client, id),
        ),
        actionTurn: createTurns(),
        template: (id) => template(id)(),
        groupTypes: shared(() => getGroupTypes(client)),
        fingerprint: createFingerprint(signingKey()),
        say,
      };
    },
  );
}

/** Makes one for each key, at its first call. */
function keyed<In, Out>(keyOf: (value: In) => string, make: (value: In) => Out): (value: In) => Out {
  const made = new Map<string, Out>();
  return function keyedCall(value) {
    const key = keyOf(value);
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(value);
    made.set(key, fresh);
    return fresh;
  };
}
