import { expect, test } from "vitest";
import { RetryAfter } from "../../infra/receiver/define-handler.ts";
import { fakePartner, type Reply, runHandler } from "../../infra/receiver/testing.ts";
import notify from "./notify.ts";

async function handle(
  event: string,
  name: string | undefined,
  reply: Reply | "hang" = { status: 200, body: "ok" },
  signal?: AbortSignal,
) {
  const slack = await fakePartner(() => reply);
  const person = name === undefined ? null : { id: "person-1", properties: {}, name };
  const settings = { slackWebhookUrl: `${slack.url}/services/T0/B0/x` };
  const run = runHandler(notify, { event, person, settings, ...(signal && { signal }) });
  return { run, calls: slack.calls };
}

test.each([
  ["user_signed_up", "Ada", ":wave: Ada signed up"],
  ["subscription_started", "Ada", ":tada: Ada started a subscription"],
  ["subscription_canceled", "Ada", ":broken_heart: Ada canceled the subscription"],
  ["user_signed_up", "", ":wave: Someone signed up"],
  ["user_signed_up", undefined, ":wave: Someone signed up"],
  ["user_signed_up", "<!channel> & co", ":wave: &lt;!channel&gt; &amp; co signed up"],
])("%s of %j is told as %j", async (event, name, text) => {
  const { run, calls } = await handle(event, name);
  await run;
  expect(calls).toMatchObject([{ method: "POST", path: "/services/T0/B0/x", body: { text } }]);
});

test("waits when Slack is rate limiting", async () => {
  const { run } = await handle("user_signed_up", "Ada", {
    status: 429,
    headers: { "retry-after": "1" },
    body: "rate_limited",
  });
  await expect(run).rejects.toThrow(RetryAfter);
});

test("throws, to be tried again, when Slack refuses", async () => {
  const { run, calls } = await handle("user_signed_up", "Ada", { status: 404, body: "no_service" });
  await expect(run).rejects.toThrow("404");
  expect(calls).toHaveLength(1);
});

test("stops waiting for Slack when its time is up", async () => {
  const { run } = await handle("user_signed_up", "Ada", "hang", AbortSignal.abort());
  await expect(run).rejects.toThrow(/aborted/);
});
