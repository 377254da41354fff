import type { LoweredWebhook } from "../lowered.ts";
import type { Incomplete, WebhookFile } from "../model/destination.ts";
import type { Path } from "../path.ts";
import type { Report, Tools } from "../report.ts";
import { slipOf } from "../suggest.ts";
import { isPrivateHost } from "./private-host.ts";
import { checkTemplates } from "./templates.ts";

/** The names that `body` knows, and what they send. `event` is PostHog's default (contract §2.2). */
export const BODY_PRESETS: Record<string, Record<string, string>> = {
  event: { event: "{event}", person: "{person}" },
  flat: {
    event: "{event.event}",
    distinct_id: "{event.distinct_id}",
    person: "{person}",
    properties: "{event.properties}",
    timestamp: "{event.timestamp}",
  },
};

/** A webhook with its preset expanded and PostHog's defaults left out. */
export function lowerWebhook(
  webhook: Incomplete<WebhookFile>,
  { secrets, isLocal }: { secrets: Path[]; isLocal: boolean },
  tools: Tools,
): LoweredWebhook {
  const { url = "", method = "POST", headers = {}, body = "event", signing_secret, debug } = webhook;
  const isSecret = (input: string) => secrets.some((path) => path[0] === "webhook" && path[1] === input);
  if (webhook.url !== undefined) checkUrl(url, { isLocal, isSecret: isSecret("url") }, tools);
  checkHeaders(headers, signing_secret !== undefined, tools);
  if (signing_secret !== undefined)
    checkSigningSecret(signing_secret, isSecret("signing_secret"), tools.report);
  if (method === "GET" && webhook.body !== undefined) {
    const hint = "Remove the body, or use POST.";
    const message = "PostHog would drop the body: a GET request has none"; // contract §4.6
    tools.report({ code: "HW054", path: ["webhook", "body"], part: "key", message, hint });
  }
  const secretInputs = (["url", "headers"] as const).filter(isSecret);
  return {
    url,
    ...(method === "POST" ? {} : { method }),
    ...(isDefaultHeaders(headers) ? {} : { headers }),
    body: lowerBody(body, method !== "GET", tools),
    ...(signing_secret === undefined ? {} : { signing_secret }),
    ...(secretInputs.length > 0 ? { secret_inputs: secretInputs } : {}),
    ...(debug ? { debug } : {}),
  };
}

function checkUrl(
  url: string,
  { isLocal, isSecret }: { isLocal: boolean; isSecret: boolean },
  tools: Tools,
): void {
  const path = ["webhook", "url"];
  if (!checkTemplates(url, path, tools)) return;
  if (url.startsWith("{")) return; // the whole address comes from the event or person
  // What a template will put there is not known: any text that is good in a URL stands for it.
  const example = url.replace(/\\\{/g, "%7B").replace(/\{[^{}]*\}/g, "1");
  const parsed = /^https?:\/\/[^\s/]/i.test(example) && !/\s/.test(example) ? URL.parse(example) : null;
  if (parsed === null) {
    const hint = "Write it whole: https://your-app.example/webhooks/posthog";
    tools.report({ code: "HW050", path, message: "the URL is not an http or https address", hint });
  } else if (!isLocal && isPrivateHost(parsed.hostname)) {
    // Not a part of a secret either (law 5).
    const place = isSecret ? "this secret address" : `\`${parsed.hostname}\``;
    const message = `PostHog does not send to ${place}, which is not on the public internet`;
    const hint = "For the sandbox, write it under `environments: { dev: … }`.";
    tools.report({ code: "HW050", path, message, hint });
  }
}

// Set by the signature (contract §2.3); PostHog drops what the user says.
const SIGNATURE_HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"];

function checkHeaders(headers: Record<string, string>, signed: boolean, tools: Tools): void {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const path = ["webhook", "headers", name];
    const refuse = (message: string, hint: string, part: "key" | "value" = "key") =>
      tools.report({ code: "HW051", path, message, hint, part });
    // RFC 9110 §5.6.2 and §5.5.
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name))
      refuse(`\`${name}\` is not a header's name`, "Write letters, digits and hyphens, such as `X-Source`.");
    if (names.has(name.toLowerCase()))
      refuse(`the header \`${name}\` is given twice: case does not matter`, "Remove one of the two.");
    if (/(?!\t)\p{Cc}|[\u0100-\u{10FFFF}]/u.test(value)) {
      const hint = "Write it in one line of Latin letters, or send it in the body.";
      refuse(`the value of \`${name}\` has characters that a header cannot hold`, hint, "value");
    }
    if (signed && SIGNATURE_HEADERS.includes(name.toLowerCase())) {
      refuse(`PostHog would drop \`${name}\`: it comes from the signature`, "Remove it.");
    }
    names.add(name.toLowerCase());
    checkTemplates(value, path, tools);
  }
}

/** A key is never written into a file, and PostHog cannot sign with just any (contract §2.3). */
function checkSigningSecret(secret: string, isReference: boolean, report: Report): void {
  const path = ["webhook", "signing_secret"];
  if (!isReference) {
    const hint = `Write "\${secret:signing}", then: npx pulumi config set --secret hogwire:signing`;
    report({
      code: "HW023",
      path,
      message: `a signing secret must be a \${secret:}: it is neither for files nor for plain configuration`,
      hint,
    });
    return;
  }
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (key !== undefined && key.length % 4 === 0 && Buffer.from(key, "base64").length >= 24) return;
  const hint = "Make one: node -p \"'whsec_' + crypto.randomBytes(32).toString('base64')\"";
  report({
    code: "HW024",
    path,
    message: "a signing secret is `whsec_` and at least 24 bytes in base64",
    hint,
  });
}

/** An empty map is what PostHog fills with the same default when it sends (contract §4.6). */
function isDefaultHeaders(headers: Record<string, string>): boolean {
  const names = Object.keys(headers);
  return names.length === 0 || (names.length === 1 && headers["Content-Type"] === "application/json");
}

function lowerBody(body: NonNullable<WebhookFile["body"]>, isSent: boolean, tools: Tools): unknown {
  const path = ["webhook", "body"];
  if (typeof body === "string") {
    if (Object.hasOwn(BODY_PRESETS, body)) {
      const texts = isSent ? Object.values(BODY_PRESETS[body] ?? {}) : [];
      tools.texts.push(...texts.map((text) => ({ text, path, preset: true }) as const));
      return BODY_PRESETS[body];
    }
    const near = body.includes("{") ? undefined : slipOf(body, Object.keys(BODY_PRESETS));
    if (near !== undefined) {
      tools.report({
        code: "HW015",
        path,
        message: `there is no body \`${body}\``,
        hint: `Did you mean \`${near}\`?`,
        fix: { kind: "set", value: near },
      });
      return body;
    }
  }
  checkTemplates(body, path, tools);
  return body;
}
