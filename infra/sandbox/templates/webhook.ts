import { choices, destination, input, required } from "./define.ts";
import type { HogTemplate } from "./template-routes.ts";

/** PostHog's "HTTP Webhook" (contract §2.2). `failsFrom` is the first status that counts as failed: 300 and 400 have both been seen. */
export function webhookTemplate(failsFrom: 300 | 400): HogTemplate {
  return destination({
    id: "template-webhook",
    name: "HTTP Webhook",
    description: "Sends a webhook templated by the incoming event data",
    category: ["Custom"],
    icon_url: "/static/services/webhook.svg",
    code: `
let request := {'method': inputs.method, 'headers': inputs.headers, 'body': inputs.body}

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
      input("url", "string", "Webhook URL", {
        ...required,
        description: "Endpoint URL to send event data to.",
      }),
      input("method", "choice", "Method", {
        ...choices("POST", "PUT", "PATCH", "GET", "DELETE"),
        default: "POST",
        description: "HTTP method to use for the request.",
      }),
      input("body", "json", "JSON Body", {
        default: { event: "{event}", person: "{person}" },
        description: "JSON payload to send in the request body.",
      }),
      input("headers", "dictionary", "Headers", {
        default: { "Content-Type": "application/json", Accept: "application/json" },
        description: "HTTP headers to send in the request.",
      }),
      input("signing_secret", "string", "Signing secret", {
        secret: true,
        description: "Signs each request as Standard Webhooks say: https://www.standardwebhooks.com",
      }),
      input("debug", "boolean", "Log responses", {
        default: false,
        description: "Logs the response of http calls for debugging.",
      }),
    ],
  });
}
