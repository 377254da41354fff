import type { HogTemplate } from "./templates.ts";

/**
 * PostHog's "HTTP Webhook" (contract §2.2), with code of our own that does what the contract says of it.
 * `failsFrom` is the first status that counts as failed: 300 and 400 have both been seen.
 */
export function webhookTemplate(failsFrom: 300 | 400): HogTemplate {
  return {
    id: "template-webhook",
    name: "HTTP Webhook",
    description: "Sends a webhook templated by the incoming event data",
    type: "destination",
    status: "stable",
    free: false,
    category: ["Custom"],
    icon_url: "/static/services/webhook.svg",
    code_language: "hog",
    code: `let request := {'method': inputs.method, 'headers': inputs.headers, 'body': inputs.body}

if (not empty(inputs.signing_secret)) {
  request.standard_webhooks := {'secret_input': 'signing_secret'}
}
if (inputs.debug) {
  print('Request', inputs.url, request)
}

let response := fetch(inputs.url, request)

if (response.status >= ${failsFrom}) {
  throw Error(f'Webhook failed with status {response.status}: {response.body}')
}
if (inputs.debug) {
  print('Response', response.status, response.body)
}`,
    inputs_schema: [
      {
        ...plain,
        key: "url",
        type: "string",
        label: "Webhook URL",
        required: true,
        description: "Endpoint URL to send event data to.",
      },
      {
        ...plain,
        key: "method",
        type: "choice",
        label: "Method",
        choices: ["POST", "PUT", "PATCH", "GET", "DELETE"].map((method) => ({
          label: method,
          value: method,
        })),
        default: "POST",
        description: "HTTP method to use for the request.",
      },
      {
        ...plain,
        key: "body",
        type: "json",
        label: "JSON Body",
        default: { event: "{event}", person: "{person}" },
        description: "JSON payload to send in the request body.",
      },
      {
        ...plain,
        key: "headers",
        type: "dictionary",
        label: "Headers",
        default: { "Content-Type": "application/json", Accept: "application/json" },
        description: "HTTP headers to send in the request.",
      },
      {
        ...plain,
        key: "signing_secret",
        type: "string",
        label: "Signing secret",
        secret: true,
        description:
          "Signs each request following the [Standard Webhooks](https://www.standardwebhooks.com) spec.",
      },
      {
        ...plain,
        key: "debug",
        type: "boolean",
        label: "Log responses",
        default: false,
        description: "Logs the response of http calls for debugging.",
      },
    ],
    filters: null,
    masking: null,
    mapping_templates: null,
  };
}

const plain = { secret: false, hidden: false, required: false };
