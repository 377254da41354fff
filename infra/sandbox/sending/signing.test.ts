import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { ManualClock, type Received, receiver, sandbox, until } from "../test-support.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const signing = { signing_secret: { value: secret } };

function verified({ body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

describe("signing (§2.3)", () => {
  test("is Standard Webhooks, and a user's own headers of these names are dropped", async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    await webhook(
      hook.url,
      {},
      { ...signing, headers: { value: { "Webhook-Id": "mine", "X-Mine": "kept" } } },
    );
    const uuid = await capture("any");
    const trace = await settled(uuid);
    const [sent] = hook.received;
    expect(sent && verified(sent)).toMatchObject({ event: { uuid } });
    expect(sent?.headers).toMatchObject({
      "x-mine": "kept",
      "webhook-id": trace.destinations[0].deliveries[0].webhookId,
    });
    expect(trace.destinations[0].deliveries[0].signed).toBe(true);
  });

  test("keeps the id over the attempts of a call and takes a new time and today's key for each", async () => {
    const clock = new ManualClock();
    const hook = await receiver((response, count) => {
      response.writeHead(count < 3 ? 503 : 200).end();
    });
    const { webhook, capture, settled, api } = await sandbox({ clock, random: () => 0 });
    const fn = await webhook(hook.url, {}, { signing_secret: { value: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } });
    const uuid = await capture("any");
    await until(() => clock.sleeping.includes(1000) || undefined);
    const inputs = { url: { value: "http://127.0.0.1:9/elsewhere" }, ...signing };
    await api("PATCH", `hog_functions/${fn.id}/`, { inputs });
    clock.advance(1000);
    await until(() => clock.sleeping.includes(2000) || undefined);
    clock.advance(2000);
    await settled(uuid);
    const [first, second, third] = hook.received;
    const headers = hook.received.map((sent) => sent.headers);
    expect(new Set(headers.map((one) => one["webhook-id"])).size).toBe(1);
    const start = Number(headers[0]?.["webhook-timestamp"]);
    expect(headers.map((one) => Number(one["webhook-timestamp"]) - start)).toEqual([0, 1, 3]);
    expect(third?.body).toBe(first?.body); // rendered once, when it matched (§4.1)
    // the manual clock is far from the time that the oracle knows: only the bytes are compared
    const expected = new Webhook(secret).sign(
      String(headers[1]?.["webhook-id"]),
      new Date((start + 1) * 1000),
      second?.body ?? "",
    );
    expect(headers[1]?.["webhook-signature"]).toBe(expected);
    expect(headers[0]?.["webhook-signature"]).not.toBe(expected);
  });

  test.each(["short", "dG9vIHNob3J0", "not base64 but quite long enough, is it?"])(
    "with the bad key %j sends nothing",
    async (value) => {
      const hook = await receiver();
      const { webhook, capture, settled } = await sandbox();
      await webhook(hook.url, {}, { signing_secret: { value } });
      const { destinations } = await settled(await capture("any"));
      expect(hook.received).toEqual([]);
      expect(destinations[0]).toMatchObject({ state: "failed", reason: expect.stringContaining("24 bytes") });
    },
  );

  test("agrees with the vector of the specification", async () => {
    const { signatureHeaders } = await import("./signing.ts");
    const { data } = JSON.parse(
      readFileSync(new URL("../fixtures/09-standard-webhooks-vector.json", import.meta.url), "utf8"),
    );
    const made = signatureHeaders(
      data.secret,
      data["webhook-id"],
      Number(data["webhook-timestamp"]),
      data.body,
    );
    expect(made["webhook-signature"]).toBe(data["webhook-signature"]);
  });
});

describe("secret headers", () => {
  const hogTo = (url: string) =>
    `fetch('${url}', {'headers': {'x-key': 'plain', 'X-Mine': 'kept'}, 'secret_headers_input': 'hidden'})`;
  const inputs_schema = [{ key: "hidden", type: "dictionary", secret: true }];

  test("take the place of the program's own, which does not see them", async () => {
    const hook = await receiver();
    const { api, capture, settled } = await sandbox();
    const inputs = { hidden: { value: { "X-Key": "s3cret" } } };
    await api("POST", "hog_functions/", { hog: hogTo(hook.url), enabled: true, inputs_schema, inputs });
    const [{ deliveries }] = (await settled(await capture("any"))).destinations;
    expect(hook.received[0]?.headers).toMatchObject({ "x-key": "s3cret", "x-mine": "kept" });
    expect(deliveries[0].request.headers).toEqual({ "X-Mine": "kept", "X-Key": "***" });
  });

  test("that are not there send nothing", async () => {
    const hook = await receiver();
    const { api, capture, settled } = await sandbox();
    await api("POST", "hog_functions/", { hog: hogTo(hook.url), enabled: true });
    const [destination] = (await settled(await capture("any"))).destinations;
    expect(destination).toMatchObject({ state: "failed", reason: expect.stringContaining("secret headers") });
    expect(hook.received).toEqual([]);
  });
});
