import { IncomingWebhook, IncomingWebhookHTTPError } from "@slack/webhook";
import { defineHandler, type HandlerContext, RetryAfter } from "../../infra/receiver/define-handler.ts";

/**
 * Tells the team in Slack. Slack cannot recognise a message it already has, so after a crash in the wrong
 * millisecond one may appear twice.
 */
export default defineHandler({
  secrets: ["slackWebhookUrl"],
  concurrency: 1, // Slack takes one message a second
  on: {
    user_signed_up: (context) => say(context, `:wave: ${who(context)} signed up`),
    subscription_started: (context) => say(context, `:tada: ${who(context)} started a subscription`),
    subscription_canceled: (context) =>
      say(context, `:broken_heart: ${who(context)} canceled the subscription`),
  },
});

type Context = HandlerContext<"slackWebhookUrl">;

async function say({ secrets, signal }: Context, text: string): Promise<void> {
  const slack = new IncomingWebhook(secrets.slackWebhookUrl, {
    fetch: (url, init) => fetch(url, { ...init, signal }),
  });
  try {
    await slack.send({ text });
  } catch (error) {
    const tooMany = error instanceof IncomingWebhookHTTPError && error.statusCode === 429;
    throw tooMany ? new RetryAfter(30_000, "Slack is rate limiting", { cause: error }) : error;
  }
}

/** The person's name as text: `<!channel>` as a name must not call the whole channel. */
function who({ person }: Context): string {
  const name = person?.name || "Someone";
  return name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
