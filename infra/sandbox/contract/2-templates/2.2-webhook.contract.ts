import { expect } from "vitest";
import { type Json, receiver, sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Row, Target } from "../target.ts";

async function inputOf(ph: Target, key: string): Promise<Row> {
  const { body } = await ph.api("GET", "hog_function_templates/template-webhook/");
  return body.inputs_schema.find((item: Row) => item.key === key);
}

const webhookInputs: [string, Json][] = [
  ["url", { type: "string", required: true, secret: false }],
  ["method", { type: "choice", required: false, secret: false, default: "POST" }],
  [
    "body",
    { type: "json", required: false, secret: false, default: { event: "{event}", person: "{person}" } },
  ],
  ["headers", { type: "dictionary", required: false, secret: false }],
  ["signing_secret", { type: "string", required: false, secret: true }],
  ["debug", { type: "boolean", required: false, secret: false, default: false }],
];
for (const [key, item] of webhookInputs) {
  fact("2.2", `The webhook's input ${key} is ${JSON.stringify(item)}`, async (ph) => {
    expect(await inputOf(ph, key)).toMatchObject(item);
  });
}

fact("2.2", "`method` is one of POST, PUT, PATCH, GET, DELETE", async (ph) => {
  const { choices } = await inputOf(ph, "method");
  expect(choices.map(({ value }: Row) => value)).toEqual(["POST", "PUT", "PATCH", "GET", "DELETE"]);
});

fact(
  "2.2",
  "The default headers say that the body is JSON, in newer versions also that JSON is accepted",
  async (ph) => {
    expect((await inputOf(ph, "headers")).default).toMatchObject({ "Content-Type": "application/json" });
  },
);

fact("2.2", "“HTTP Webhook” is stable, not free, of the category Custom", async (ph) => {
  expect((await ph.api("GET", "hog_function_templates/template-webhook/")).body).toMatchObject({
    ...{ name: "HTTP Webhook", status: "stable", free: false, category: ["Custom"], type: "destination" },
  });
});

const variants = [
  ["status-codes", "non_failure_status_codes"],
  ["secret-headers", "secret_headers"],
] as const;
for (const [webhookVariant, key] of variants) {
  fact("2.2", `One variant has ${key} besides`, { needs: "sandbox", certainty: "unverified" }, async () => {
    const { api } = await sandbox({ webhookVariant });
    const { body } = await api("GET", "hog_function_templates/template-webhook/");
    expect(body.inputs_schema.map((item: Row) => item.key)).toContain(key);
  });
}

async function delivered(inputs: Json, options: Parameters<typeof sandbox>[0] = {}, status = 200) {
  const hook = await receiver((response) => response.writeHead(status).end("an answer"));
  const { webhook, capture, settled } = await sandbox({ retries: "back-to-back", ...options });
  await webhook(hook.url, {}, { body: undefined, ...inputs });
  const { destinations } = await settled(await capture("any"));
  return { received: hook.received, destination: destinations[0] };
}

fact(
  "2.2",
  "Its code sends method, headers and body as the inputs say, in one fetch",
  { needs: "sandbox" },
  async () => {
    const { received } = await delivered({
      ...{
        method: { value: "PUT" },
        headers: { value: { "X-A": "{event.event}" } },
        body: { value: { a: "{event.event}" } },
      },
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: "PUT", headers: { "x-a": "any" }, body: '{"a":"any"}' });
  },
);

fact("2.2", "With only `url` it is a POST of nothing, said to be JSON", { needs: "sandbox" }, async () => {
  const { received } = await delivered({});
  expect(received).toMatchObject([
    { method: "POST", body: "", headers: { "content-type": "application/json" } },
  ]);
});

fact("2.2", "A signing_secret that is not empty signs the request", { needs: "sandbox" }, async () => {
  const signed = async (value: string) => {
    const { received } = await delivered({ signing_secret: { value } });
    return received[0]?.headers["webhook-signature"] !== undefined;
  };
  expect(await signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toBe(true);
  expect(await signed("")).toBe(false);
});

fact("2.2", "With `debug` it logs request and response", { needs: "sandbox" }, async () => {
  const messages = async (value: boolean) => {
    const { destination } = await delivered({ debug: { value } });
    const logs: Row[] = destination.logs;
    return logs.filter(({ level }) => level === "INFO").map(({ message }) => message);
  };
  expect(await messages(true)).toEqual([
    expect.stringMatching(/^Request/),
    expect.stringMatching(/^Response/),
  ]);
  expect(await messages(false)).toEqual([]);
});

fact(
  "2.2",
  "A status from 300 fails the run: “Webhook failed with status N: <body>”",
  { needs: "sandbox" },
  async () => {
    for (const status of [300, 302, 404]) {
      const { destination } = await delivered({}, { webhookVariant: "fails-from-300" }, status);
      expect(destination).toMatchObject({
        state: "failed",
        reason: `Webhook failed with status ${status}: an answer`,
      });
    }
    expect((await delivered({}, { webhookVariant: "fails-from-300" }, 299)).destination.state).toBe(
      "succeeded",
    );
  },
);

fact("2.2", "In other variants a status from 400", { needs: "sandbox" }, async () => {
  const state = async (status: number) =>
    (await delivered({}, { webhookVariant: "fails-from-400" }, status)).destination.state;
  expect([await state(302), await state(399), await state(400)]).toEqual([
    "succeeded",
    "succeeded",
    "failed",
  ]);
});

untested("2.2", "Which of the two is on master", "unverified; the sandbox has both", "unverified");

fact(
  "2.2",
  "A function's own code may sign as well, naming its own secret input",
  { needs: "sandbox" },
  async () => {
    const hook = await receiver();
    const { api, capture, settled } = await sandbox();
    await api("POST", "hog_functions/", {
      enabled: true,
      hog: `fetch('${hook.url}', {'body': 'text', 'standard_webhooks': {'secret_input': 'mine'}})`,
      inputs_schema: [{ key: "mine", type: "string", secret: true }],
      inputs: { mine: { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
    });
    await settled(await capture("any"));
    expect(hook.received[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
  },
);
