import { beforeEach, describe, expect, test } from "vitest";
import type { Inbox, NewDelivery } from "./inbox.ts";

/** How every engine of the inbox behaves: an engine's test calls this with a way to open an empty one. */
export function inboxContract(engine: string, open: () => Inbox): void {
  describe(`${engine} as an inbox`, () => {
    let inbox: Inbox;
    beforeEach(() => {
      inbox = open();
    });

    function delivery(given: Partial<NewDelivery> = {}): NewDelivery {
      return {
        id: "msg-1",
        destination: "signups",
        uuid: "uuid-1",
        event: "user_signed_up",
        sentAt: 1_000,
        receivedAt: 2_000,
        body: '{"text":"ü\\u0000"}',
        handlers: ["crm", "notify"],
        ...given,
      };
    }
    const lease = (handler: string, now = 10_000, limit = 10) =>
      inbox.lease({ handler, limit, now, until: now + 1_000 });
    async function leaseOne(handler: string, now?: number) {
      const [job, ...more] = await lease(handler, now);
      if (!job || more.length > 0) throw new Error("expected exactly one job");
      return job;
    }

    test("gives each handler the delivery as it was stored", async () => {
      expect(await inbox.store(delivery())).toBe("stored");
      for (const handler of ["crm", "notify"]) {
        const { handlers: _, sentAt: __, ...stored } = delivery();
        expect(await leaseOne(handler)).toMatchObject({ ...stored, handler, attempt: 1 });
      }
    });

    test.each([
      ["the same webhook-id", { uuid: "uuid-other" }],
      ["the same event under a new webhook-id", { id: "msg-other" }],
      ["both the same", {}],
    ])("stores once what comes with %s", async (_what, given) => {
      await inbox.store(delivery());
      expect(await inbox.store(delivery(given))).toBe("repeated");
      expect(await lease("crm")).toHaveLength(1);
    });

    test("keeps the same event of another destination apart", async () => {
      await inbox.store(delivery());
      expect(await inbox.store(delivery({ destination: "alerts" }))).toBe("stored");
      expect(await lease("crm")).toHaveLength(2);
    });

    test("tells two of the same moment apart from two", async () => {
      const [first, second, other] = await Promise.all([
        inbox.store(delivery()),
        inbox.store(delivery()),
        inbox.store(delivery({ id: "msg-2", uuid: "uuid-2" })),
      ]);
      expect([first, second, other]).toEqual(["stored", "repeated", "stored"]);
    });

    test("gives a repeated delivery to a handler that is new, and to no other", async () => {
      await inbox.store(delivery({ handlers: ["crm"] }));
      await inbox.settle(await leaseOne("crm"), { state: "handled" }, 11_000);
      expect(await inbox.store(delivery({ id: "rerun" }))).toBe("repeated");
      expect(await lease("crm", 1e9)).toEqual([]);
      expect(await lease("notify")).toHaveLength(1);
    });

    test("leases each to one worker until the lease ends", async () => {
      await inbox.store(delivery());
      await leaseOne("crm", 10_000);
      expect(await lease("crm", 10_999)).toEqual([]);
      expect((await leaseOne("crm", 11_000)).attempt).toBe(2);
    });

    test("leases the longest due first, no more than asked for", async () => {
      for (const n of [3, 1, 2])
        await inbox.store(delivery({ id: `msg-${n}`, uuid: `uuid-${n}`, receivedAt: n }));
      expect((await lease("crm", 10_000, 2)).map(({ id }) => id).sort()).toEqual(["msg-1", "msg-2"]);
      expect((await lease("crm", 10_000, 2)).map(({ id }) => id)).toEqual(["msg-3"]);
    });

    test.each([
      ["handled", { state: "handled" }],
      ["dead", { state: "dead", error: "Error: no" }],
    ] as const)("never leases again what is %s", async (_state, outcome) => {
      await inbox.store(delivery());
      await inbox.settle(await leaseOne("crm"), outcome, 10_001);
      expect(await lease("crm", 1e12)).toEqual([]);
    });

    test("leases again what is retrying when it is due", async () => {
      await inbox.store(delivery());
      await inbox.settle(
        await leaseOne("crm"),
        { state: "retrying", dueAt: 20_000, error: "Error: no" },
        10_001,
      );
      expect(await lease("crm", 19_999)).toEqual([]);
      expect((await leaseOne("crm", 20_000)).attempt).toBe(2);
    });

    test("does not let an ended lease settle a later one", async () => {
      await inbox.store(delivery());
      const late = await leaseOne("crm", 10_000);
      await leaseOne("crm", 12_000);
      await inbox.settle(late, { state: "handled" }, 12_001);
      expect((await leaseOne("crm", 14_000)).attempt).toBe(3);
    });

    test("replays the dead letters of a delivery, as new, and nothing else", async () => {
      await inbox.store(delivery());
      await inbox.store(delivery({ id: "msg-2", uuid: "uuid-2", handlers: ["crm"] }));
      for (const job of await lease("crm")) await inbox.settle(job, { state: "dead", error: "no" }, 10_001);
      await inbox.settle(await leaseOne("notify"), { state: "handled" }, 10_001);

      expect(await inbox.replay("msg-1", 20_000)).toEqual(["crm"]);
      expect(await lease("crm", 19_999)).toEqual([]);
      expect(await leaseOne("crm", 20_000)).toMatchObject({ id: "msg-1", attempt: 1 });
      expect(await lease("notify", 1e12)).toEqual([]);
      expect(await inbox.replay("msg-1", 20_001)).toEqual([]); // it runs
      expect(await inbox.replay("unknown", 20_001)).toEqual([]);
    });

    test("prunes only what is old and handled by all", async () => {
      for (const n of [1, 2, 3])
        await inbox.store(delivery({ id: `msg-${n}`, uuid: `uuid-${n}`, receivedAt: n * 1_000 }));
      const [first, , third] = await lease("crm");
      const [firstNotify, , thirdNotify] = await lease("notify");
      for (const job of [first, third, firstNotify, thirdNotify]) {
        if (job) await inbox.settle(job, { state: "handled" }, 11_000);
      }
      expect(await inbox.prune(3_000)).toBe(1);
      expect(await inbox.prune(3_000)).toBe(0);
      expect(await inbox.store(delivery({ id: "msg-1", uuid: "uuid-1" }))).toBe("stored");
      expect(await inbox.store(delivery({ id: "msg-2", uuid: "uuid-2" }))).toBe("repeated");
      expect(await inbox.store(delivery({ id: "msg-3", uuid: "uuid-3" }))).toBe("repeated");
    });

    test("counts what waits, by handler", async () => {
      await inbox.store(delivery());
      await inbox.store(delivery({ id: "msg-2", uuid: "uuid-2", handlers: ["crm"] }));
      await inbox.settle(await leaseOne("notify"), { state: "dead", error: "Error: no" }, 11_000);
      expect(await inbox.waiting()).toEqual(new Map([["crm", 2]]));
    });

    test("is ready while it can commit", async () => {
      await expect(inbox.ready()).resolves.toBeUndefined();
    });
  });
}
