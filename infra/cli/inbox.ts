import { receiverRuns } from "../deploy/ensure.ts";
import { type DeliverySummary, listDeliveries, replayDelivery, showDelivery } from "../receiver/admin.ts";
import { InboxError, type State } from "../receiver/inbox.ts";
import { CommandError, dim, type Outcome, tick } from "./output.ts";
import { receiverData } from "./paths.ts";

/** `hogwire inbox list`: read from the inbox file, whether or not the receiver runs. */
export async function list(options: { stack: string; limit: number; state?: State }): Promise<Outcome> {
  const { stack, ...query } = options;
  const deliveries = read(() => listDeliveries(receiverData(stack), query));
  return { exitCode: 0, data: deliveries, text: deliveries.map(describe).join("\n") || "No deliveries." };
}

/** `hogwire inbox show`: one delivery with its body, which holds personal data. */
export async function show(id: string, stack: string): Promise<Outcome> {
  const delivery = read(() => showDelivery(receiverData(stack), id));
  if (!delivery) throw unknown(id, stack);
  return { exitCode: 0, data: delivery, text: JSON.stringify(delivery, null, 2) };
}

/** `hogwire inbox replay`: the handlers that gave up on a delivery get it anew; also while the receiver runs. */
export async function replay(id: string, stack: string): Promise<Outcome> {
  const delivery = read(() => showDelivery(receiverData(stack), id));
  if (!delivery) throw unknown(id, stack);
  const handlers = read(() => replayDelivery(receiverData(stack), id, Date.now()));
  if (handlers.length === 0) {
    throw new CommandError(
      `No handler gave up on ${id}: it is ${delivery.state}. Only dead letters are replayed.`,
    );
  }
  const start =
    stack === "dev" ? "npm start starts it" : `npx hogwire doctor -s ${stack} tells what starts it`;
  const when = receiverRuns(receiverData(stack))
    ? ""
    : ` when the receiver runs, which it does not on this machine: ${start}`;
  return {
    exitCode: 0,
    data: { id, handlers },
    text: `${tick()} ${handlers.join(" and ")} will handle ${id} again${when}. Watch it: npx hogwire inbox show ${id} -s ${stack}`,
  };
}

function unknown(id: string, stack: string): CommandError {
  return new CommandError(
    `The inbox of '${stack}' has no delivery ${id}. See what it has: npx hogwire inbox list -s ${stack}`,
  );
}

function describe({ id, destination, event, state, handlers, receivedAt }: DeliverySummary): string {
  const troubles = handlers
    .filter(({ lastError }) => lastError !== undefined)
    .map(({ name, attempts, lastError }) => `\n  ${name}, attempt ${attempts}: ${lastError}`);
  return `${dim(receivedAt)}  ${state.padEnd(8)}  ${destination}  ${event}  ${dim(id)}${troubles.join("")}`;
}

function read<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof InboxError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}
