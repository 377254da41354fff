import { createClient, type PostHogClient } from "../posthog/http.ts";
import { type Clock, createLimiter, systemClock } from "../posthog/limiter.ts";
import { getTemplate, type Template } from "../posthog/templates.ts";
import { webhookTemplate } from "../wire/destination.ts";
import { createRunList, type RunList } from "./run-list.ts";
import { shared } from "./shared.ts";

/** One project of one PostHog, for the length of one run. */
export type Connection = {
  client: PostHogClient;
  list: RunList;
  /** The webhook template as this PostHog serves it; asked for once. */
  template(): Promise<Template>;
};

export type ConnectOptions = { apiKey: () => string; say: (text: string) => void; clock?: Clock };

/** The same connection for the same project each time, and one limiter for all: they share a key (contract §6.7). */
export function createConnector({ apiKey, say, clock = systemClock }: ConnectOptions) {
  const limiter = createLimiter({ clock, say });
  const connections = new Map<string, Connection>();
  return function connect({ host, project }: { host: string; project: string }): Connection {
    const address = JSON.stringify([host, project]);
    const known = connections.get(address);
    if (known) return known;
    const client = createClient({ host, project, apiKey: apiKey(), limiter, clock });
    const connection = {
      client,
      list: createRunList(client),
      template: shared(() => getTemplate(client, webhookTemplate)),
    };
    connections.set(address, connection);
    return connection;
  };
}
