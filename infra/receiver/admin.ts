import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { InboxError, type State, states } from "./inbox.ts";
import { inboxFile, replayDead } from "./sqlite.ts";

const stateSchema = z.enum(states);
const time = z.number().transform((milliseconds) => new Date(milliseconds).toISOString());
const runsSchema = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(
    z.array(
      z
        .object({
          name: z.string(),
          state: stateSchema,
          attempts: z.number(),
          lastError: z.string().nullable(),
          settledAt: time.nullable(),
        })
        .transform(({ lastError, settledAt, ...run }) => ({
          ...run,
          ...(lastError !== null && { lastError }),
          ...(settledAt !== null && { settledAt }),
        })),
    ),
  );
const summaryRow = z.object({
  id: z.string(),
  destination: z.string(),
  event: z.string(),
  uuid: z.string(),
  state: stateSchema,
  handlers: runsSchema,
  receivedAt: time,
  handledAt: time.nullable(),
});
const detailRow = summaryRow.extend({ sentAt: z.number(), body: z.string() });

/** `state` is the worst of the handlers'; times are ISO 8601; `handledAt` only when all have handled it, a handler's `settledAt` when it has or gave up. */
export type DeliverySummary = {
  id: string;
  destination: string;
  event: string;
  uuid: string;
  state: State;
  handlers: { name: string; state: State; attempts: number; lastError?: string; settledAt?: string }[];
  receivedAt: string;
  handledAt?: string;
};

/** Holds personal data: `body` is what PostHog sent. */
export type DeliveryDetail = DeliverySummary & { headers: Record<string, string>; body: unknown };

export type DeliveryQuery = { limit?: number; state?: State; destination?: string; uuid?: string };

// From bad to good: a delivery is as bad as its worst handler.
const worstFirst = ["dead", "retrying", "running", "stored", "handled"] satisfies State[];
const rank = `CASE state ${worstFirst.map((state, index) => `WHEN '${state}' THEN ${index}`).join(" ")} END`;
const summaries = `
  SELECT id, destination, event, uuid, received_at AS receivedAt, sent_at AS sentAt, body,
    CASE min(${rank}) ${worstFirst.map((state, index) => `WHEN ${index} THEN '${state}'`).join(" ")} END AS state,
    json_group_array(json_object('name', handler, 'state', state, 'attempts', attempts, 'lastError', last_error, 'settledAt', settled_at)) AS handlers,
    CASE WHEN min(state = 'handled') THEN max(settled_at) END AS handledAt
  FROM deliveries JOIN runs ON delivery = key`;

/** The newest deliveries first, 50 unless `limit` says otherwise; reads the file while the receiver runs. */
export function listDeliveries(dataFolder: string, query: DeliveryQuery = {}): DeliverySummary[] {
  const { limit = 50, state = null, destination = null, uuid = null } = query;
  return read(dataFolder, (database) =>
    database
      .prepare(
        `SELECT * FROM (${summaries}
           WHERE (:destination IS NULL OR destination = :destination) AND (:uuid IS NULL OR uuid = :uuid)
           GROUP BY key ORDER BY key DESC)
         WHERE :state IS NULL OR state = :state LIMIT :limit`,
      )
      .all({ limit, state, destination, uuid })
      .map((row) => summary(summaryRow.parse(row))),
  );
}

/** One delivery by its id (the webhook-id), with what was sent; undefined when there is none. */
export function showDelivery(dataFolder: string, id: string): DeliveryDetail | undefined {
  return read(dataFolder, (database) => {
    const row = database.prepare(`${summaries} WHERE id = ? GROUP BY key ORDER BY key DESC LIMIT 1`).get(id);
    if (!row) return undefined;
    const { sentAt, body, ...rest } = detailRow.parse(row);
    const headers = { "webhook-id": rest.id, "webhook-timestamp": String(sentAt / 1000) };
    return { ...summary(rest), headers, body: JSON.parse(body) as unknown };
  });
}

/** `Inbox.replay`, whether or not the receiver runs; what it has in hand is left alone. */
export function replayDelivery(dataFolder: string, id: string, now: number): string[] {
  return open(dataFolder, false, (database) => replayDead(database, id, now));
}

function summary({ handledAt, ...row }: z.output<typeof summaryRow>): DeliverySummary {
  return handledAt === null ? row : { ...row, handledAt };
}

function read<Result>(dataFolder: string, use: (database: DatabaseSync) => Result): Result {
  return open(dataFolder, true, use);
}

function open<Result>(
  dataFolder: string,
  readOnly: boolean,
  use: (database: DatabaseSync) => Result,
): Result {
  const file = inboxFile(dataFolder);
  if (!existsSync(file))
    throw new InboxError(`There is no inbox at ${file}: the receiver has not run here yet.`);
  const database = new DatabaseSync(file, { readOnly, timeout: 2_000 });
  try {
    return use(database);
  } finally {
    database.close();
  }
}
