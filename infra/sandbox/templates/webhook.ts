import type { InputSchema } from "../functions/inputs-schema.ts";
import { choices, destination, input, required } from "./define.ts";
import type { HogTemplate } from "./template-routes.ts";

type Variant = {
  /** The first status that counts as failed; left out: none does. */
  failsFrom?: 300 | 400;
  isSigned: boolean;
  extra?: "non_failure_status_codes" | "secret_headers";
};

/** The forms in which PostHog's "HTTP Webhook" was seen, by what is theirs alone (contract §2.2); which is today's is not known. */
export const webhookVariants = {
  "fails-from-300": { failsFrom: 300, isSigned: true },
  "fails-from-400": { failsFrom: 400, isSigned: true },
  /** Some failures may be named as none; its result is what was answered. */
  "status-codes": { failsFrom: 400, isSigned: true, extra: "non_failure_status_codes" },
  /** Headers that are encrypted and never read back. */
  "secret-headers": { failsFrom: 400, isSigned: true, extra: "secret_headers" },
  unsigned: { failsFrom: 300, isSigned: false },
  /** The oldest: whatever is answered, it counts as sent. */
  unchecked: { isSigned: false },
} satisfies Record<string, Variant>;

export type WebhookVariant = keyof typeof webhookVariants;

export function webhookTemplate(name: WebhookVariant): HogTemplate {
  const variant: Variant = webhookVariants[name];
  return destination({
    id: "template-webhook",
    name: "HTTP Webhook",
    description: "Sends a webhook templated by the incoming event data",
    category: ["Custom"],
    icon_url: "/static/services/webhook.svg",
    status: name === "unchecked" ? "beta" : "stable",
    code: codeOf(variant),
    inputs_schema: [...inputsOf(variant)],
  });
}

function codeOf({ failsFrom, isSigned, extra }: Variant): string {
  const parts = [
    extra === "secret_headers"
      ? `let headers := {}
for (let key, value in inputs.headers ?? {}) {
  headers[key] := value
}
for (let key, value in inputs.secret_headers ?? {}) {
  headers[key] := value
}
let request := {'method': inputs.method, 'headers': headers, 'body': inputs.body}`
      : "let request := {'method': inputs.method, 'headers': inputs.headers, 'body': inputs.body}",
    isSigned &&
      `if (not empty(inputs.signing_secret)) {
  request.standard_webhooks := {'secret_input': 'signing_secret'}
}`,
    `if (inputs.debug) {
  print('Request', inputs.url, request)
}

let response := fetch(inputs.url, request)
`,
    extra === "non_failure_status_codes"
      ? `let isFailure := response.status >= ${failsFrom}
for (let code in inputs.non_failure_status_codes ?? []) {
  let family := concat(substring(toString(response.status), 1, 1), 'xx')
  if (toString(code) == toString(response.status) or lower(toString(code)) == family) {
    isFailure := false
  }
}
if (isFailure) {`
      : failsFrom && `if (response.status >= ${failsFrom}) {`,
    failsFrom &&
      `  throw Error(f'Webhook failed with status {response.status}: {response.body}')
}`,
    `if (inputs.debug) {
  print('Response', response.status, response.body)
}`,
    extra === "non_failure_status_codes" && "return {'status': response.status, 'body': response.body}",
  ];
  return parts.filter(Boolean).join("\n");
}

function* inputsOf({ failsFrom, isSigned, extra }: Variant): Generator<InputSchema> {
  yield input("url", "string", "Webhook URL", {
    ...required,
    description: "Endpoint URL to send event data to.",
  });
  yield input("method", "choice", "Method", {
    ...choices("POST", "PUT", "PATCH", "GET", "DELETE"),
    default: "POST",
    description: "HTTP method to use for the request.",
  });
  yield input("body", "json", "JSON Body", {
    default: { event: "{event}", person: "{person}" },
    description: "JSON payload to send in the request body.",
  });
  const hasAccept = failsFrom !== undefined && extra !== "non_failure_status_codes";
  yield input("headers", "dictionary", "Headers", {
    default: { "Content-Type": "application/json", ...(hasAccept && { Accept: "application/json" }) },
    description: "HTTP headers to send in the request.",
  });
  if (extra === "secret_headers") {
    yield input("secret_headers", "dictionary", "Secret headers", {
      secret: true,
      description: "HTTP headers that are kept encrypted.",
    });
  }
  if (isSigned) {
    yield input("signing_secret", "string", "Signing secret", {
      secret: true,
      description: "Signs each request as Standard Webhooks say: https://www.standardwebhooks.com",
    });
  }
  if (extra === "non_failure_status_codes") {
    yield input("non_failure_status_codes", "non_failure_status_codes", "Non-failure status codes");
  }
  yield input("debug", "boolean", "Log responses", {
    default: false,
    description: "Logs the response of http calls for debugging.",
  });
}
