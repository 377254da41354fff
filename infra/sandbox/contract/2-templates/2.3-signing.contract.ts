import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import { type Json, ManualClock, type Received, receiver, sandbox, until } from "../../test-support.ts";
import { fact } from "../contract.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/** The Standard Webhooks library says whether the three headers fit the body. */
function verify({ body, headers }: Received, key = secret): unknown {
  return new Webhook(key).verify(body, headers as Record<string, string>); // each came once
}

async function sent(signing_secret: string, inputs: Json = {}) {
  const hook = await receiver();
  const running = await sandbox();
  await running.webhook(hook.url, {}, { signing_secret: { value: signing_secret }, ...inputs });
  const { destinations } = await running.settled(await running.capture("any"));
  return { received: hook.received, destination: destinations[0], first: hook.received[0] as Received };
}

fact("2.3", "A signed request verifies with a Standard Webhooks library", { needs: "sandbox" }, async () => {
  const { first } = await sent(secret);
  expect(verify(first)).toMatchObject({ event: { event: "any" } });
  expect(() => verify(first, other)).toThrow();
});

fact("2.3", "The prefix whsec_ may be left out", { needs: "sandbox" }, async () => {
  expect(verify((await sent(secret.replace("whsec_", ""))).first)).toMatchObject({ event: { event: "any" } });
});

fact(
  "2.3",
  "A key that is no base64 of at least 24 bytes fails the run: nothing goes out unsigned",
  { needs: "sandbox" },
  async () => {
    for (const key of ["short", "dG9vIHNob3J0", "not base64 but long enough, is it not?"]) {
      const { received, destination } = await sent(key);
      expect(received).toEqual([]);
      expect(destination).toMatchObject({ state: "failed" });
    }
  },
);

fact(
  "2.3",
  "webhook-id is a UUID, webhook-timestamp seconds, webhook-signature v1 with base64",
  { needs: "sandbox" },
  async () => {
    const { headers } = (await sent(secret)).first;
    expect(headers["webhook-id"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(headers["webhook-timestamp"]).toMatch(/^\d{10}$/);
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  },
);

/** Two attempts a second apart; `between` happens in the pause. */
async function retried(between: (change: (inputs: Json) => Promise<unknown>) => Promise<unknown>) {
  const clock = new ManualClock();
  const hook = await receiver((response, count) => response.writeHead(count === 1 ? 503 : 200).end());
  const { webhook, capture, settled, api } = await sandbox({ clock, random: () => 0 });
  const { id } = await webhook(hook.url, {}, { signing_secret: { value: secret } });
  const uuid = await capture("any");
  await until(() => clock.sleeping.includes(1000) || undefined);
  const url = { value: hook.url };
  await between((inputs) => api("PATCH", `hog_functions/${id}/`, { inputs: { url, ...inputs } }));
  clock.advance(1000);
  await settled(uuid);
  return hook.received.map(({ headers, body }) => ({ headers, body }));
}

fact(
  "2.3",
  "The id stays over the attempts of a call, time and signature are new",
  { needs: "sandbox" },
  async () => {
    const [first, second] = await retried(async () => {});
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    const seconds = [first, second].map((one) => Number(one?.headers["webhook-timestamp"]));
    expect((seconds[1] ?? 0) - (seconds[0] ?? 0)).toBe(1);
    expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
  },
);

fact(
  "2.3",
  "A rotated key signs from the next attempt on, in the newest version",
  { needs: "sandbox" },
  async () => {
    const [, second] = await retried((change) => change({ signing_secret: { value: other } }));
    const { headers, body = "" } = second ?? {};
    // the library knows only today's time: the bytes are compared
    const at = new Date(Number(headers?.["webhook-timestamp"]) * 1000);
    const expected = new Webhook(other).sign(String(headers?.["webhook-id"]), at, body);
    expect(headers?.["webhook-signature"]).toBe(expected);
  },
);

fact("2.3", "Each fetch has an id of its own", { needs: "sandbox" }, async () => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox();
  await webhook(hook.url, {}, { signing_secret: { value: secret } });
  for (const event of ["one", "two"]) await settled(await capture(event));
  expect(new Set(hook.received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
});

fact(
  "2.3",
  "A user's own webhook-id, webhook-timestamp and webhook-signature are dropped, in any case; other webhook-… are kept",
  { needs: "sandbox" },
  async () => {
    const headers = { value: { "Webhook-Id": "mine", "WEBHOOK-SIGNATURE": "mine", "Webhook-Other": "kept" } };
    const { first } = await sent(secret, { headers });
    expect(first.headers).toMatchObject({ "webhook-other": "kept" });
    expect(first.headers["webhook-id"]).not.toBe("mine");
    expect(first.headers["webhook-signature"]).not.toContain("mine");
  },
);

fact("2.3", "There is one key and one signature", { needs: "sandbox" }, async () => {
  expect(String((await sent(secret)).first.headers["webhook-signature"]).split(" ")).toHaveLength(1);
});

fact(
  "2.3",
  "A redelivery carries a new webhook-id with the same body",
  { needs: "sandbox", certainty: "inferred" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled, call } = await sandbox();
    await call("POST", "/_sandbox/faults", [{ on: "deliveries", redeliver: true, times: 1 }]);
    await webhook(hook.url, {}, { signing_secret: { value: secret } });
    await settled(await capture("any"));
    const [first, second] = hook.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).not.toBe(first?.headers["webhook-id"]);
  },
);

fact("2.3", "So does a rerun", { needs: "sandbox", certainty: "inferred" }, async () => {
  const hook = await receiver();
  const { webhook, api, capture, settled } = await sandbox();
  const { id } = await webhook(hook.url, {}, { signing_secret: { value: secret } });
  const uuid = await capture("any");
  await settled(uuid);
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const filter = { window_start: at(-1), window_end: at(1), status: ["succeeded"] };
  expect((await api("POST", `hog_functions/${id}/rerun/`, { filter })).status).toBe(200);
  await settled(uuid);
  const ids = hook.received.map(({ headers }) => headers["webhook-id"]);
  expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
});
