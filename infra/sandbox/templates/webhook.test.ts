import { expect, test } from "vitest";
import { receiver, sandbox } from "../test-support.ts";
import { type WebhookVariant, webhookVariants } from "./webhook.ts";

// The forms of the webhook template, each as an event meets it (contract §2.2).

const variants = Object.keys(webhookVariants) as WebhookVariant[];
const states: Record<WebhookVariant, { 302: string; 404: string; isSigned: boolean }> = {
  "fails-from-300": { 302: "failed", 404: "failed", isSigned: true },
  "fails-from-400": { 302: "succeeded", 404: "failed", isSigned: true },
  "status-codes": { 302: "succeeded", 404: "failed", isSigned: true },
  "secret-headers": { 302: "succeeded", 404: "failed", isSigned: true },
  unsigned: { 302: "failed", 404: "failed", isSigned: false },
  // its code looks at no status, but the runtime does
  unchecked: { 302: "succeeded", 404: "failed", isSigned: false },
};
const signing_secret = { value: `whsec_${Buffer.from("k".repeat(24)).toString("base64")}` };

test.each(variants)("%s: which answers fail it, and whether it signs", async (webhookVariant) => {
  const { isSigned, ...expected } = states[webhookVariant];
  for (const [status, state] of Object.entries(expected)) {
    const hook = await receiver((response) => response.writeHead(Number(status)).end());
    const { webhook, capture, settled } = await sandbox({ webhookVariant });
    const fn = await webhook(hook.url, {}, { signing_secret });
    expect((await settled(await capture("any"))).destinations[0].state).toBe(state);
    expect("signing_secret" in (fn.inputs as object)).toBe(isSigned); // dropped without a word where unknown
    expect(hook.received[0]?.headers["webhook-signature"] !== undefined).toBe(isSigned);
  }
});

test.each([
  [[404], "succeeded"],
  [["4xx"], "succeeded"],
  [["5xx", 410], "failed"],
])("status-codes: with %j a 404 is %s", async (codes, state) => {
  const hook = await receiver((response) => response.writeHead(404).end());
  const { webhook, capture, settled } = await sandbox({ webhookVariant: "status-codes" });
  await webhook(hook.url, {}, { non_failure_status_codes: { value: codes } });
  expect((await settled(await capture("any"))).destinations[0].state).toBe(state);
});

test("secret-headers: are sent with the others, and not read back", async () => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox({ webhookVariant: "secret-headers" });
  const fn = await webhook(
    hook.url,
    {},
    { headers: { value: { "X-Open": "a" } }, secret_headers: { value: { "X-Secret": "b" } } },
  );
  expect(fn.inputs).toMatchObject({ secret_headers: { secret: true } });
  expect(JSON.stringify(fn)).not.toContain("X-Secret");
  await settled(await capture("any"));
  expect(hook.received[0]?.headers).toMatchObject({ "x-open": "a", "x-secret": "b" });
});
