import { listDeliveries } from "../../receiver/admin.ts";
import { InboxError } from "../../receiver/inbox.ts";
import { receiverData } from "../paths.ts";

/** A delivery as the receiver on this machine has it; times in milliseconds of the Unix epoch. */
type Stored = {
  id: string;
  storedAt: number;
  handlers: string;
  handledAt?: number;
  failure?: { reason: string; hint: string };
};

/** `elsewhere`: there is no inbox on this machine. */
export type Received = Stored | "not yet" | "elsewhere";

/** What the inbox of this stack has of an event. */
export function inboxOf(stack: string, destination: string, uuid: string): Received {
  try {
    const [delivery] = listDeliveries(receiverData(stack), { uuid, destination });
    if (!delivery) return "not yet";
    const { id, receivedAt, handledAt, handlers } = delivery;
    const storedAt = Date.parse(receivedAt);
    const names = handlers.map(({ name }) => name).join(", ");
    const known = { id, storedAt, handlers: names };
    if (handledAt !== undefined) return { ...known, handledAt: Date.parse(handledAt) };
    const failed = handlers.filter(({ lastError, state }) => lastError !== undefined && state !== "handled");
    const isBusy = handlers.some(({ state }) => state === "stored" || state === "running");
    if (failed.length === 0 || isBusy) return known;
    const isDead = failed.some(({ state }) => state === "dead");
    const reason = failed.map(({ name, state, attempts, lastError }) => {
      const what = state === "dead" ? "gave up" : "failed, and tries again";
      return `handler ${name} ${what} (attempt ${attempts}): ${lastError}`;
    });
    const hint = isDead
      ? `When it is mended: npx hogwire inbox replay ${id} -s ${stack}`
      : `How it goes on: npx hogwire inbox show ${id} -s ${stack}`;
    return { ...known, failure: { reason: reason.join("; "), hint } };
  } catch (error) {
    if (error instanceof InboxError) return "elsewhere";
    throw error;
  }
}
