import type { InboxDelivery, ReceiverView } from "./receiver-view.ts";

/** Of a delivery that was stored and that a handler has not handled, after it tried. */
export type Handling = "dead" | "retrying";
/** How many of a destination's deliveries. */
export type NotHandled = Record<Handling, number>;

const most = 1_000;

/** What handlers gave up or try again: a 2xx says only that the receiver stored it. */
export class Unhandled {
  readonly dead: InboxDelivery[];
  /** By slug. */
  readonly counts: ReadonlyMap<string, NotHandled>;
  readonly #states = new Map<string, Handling>();

  constructor(receiver: ReceiverView | undefined) {
    const list = (state: Handling) => receiver?.list({ state, limit: most }) ?? [];
    this.dead = list("dead");
    const counts = new Map<string, NotHandled>();
    for (const [state, deliveries] of [
      ["retrying", list("retrying")] as const,
      ["dead", this.dead] as const,
    ]) {
      for (const { uuid, destination } of deliveries) {
        this.#states.set(`${destination} ${uuid}`, state);
        const known = counts.get(destination) ?? { dead: 0, retrying: 0 };
        counts.set(destination, { ...known, [state]: known[state] + 1 });
      }
    }
    this.counts = counts;
  }

  /** Of one event at the destination with this slug. */
  state(slug: string | undefined, uuid: string): { handling?: Handling } {
    const handling = this.#states.get(`${slug} ${uuid}`);
    return handling ? { handling } : {};
  }
}
