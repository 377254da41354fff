import { type Json, without } from "../wire/json.ts";
import { changedOutside } from "../wire/ways.ts";
import type { Life } from "./steps.ts";

const whsec = (seed: number) => `whsec_${Buffer.alloc(24, seed).toString("base64")}`;
const webhook = { url: "https://acme.example/hook", body: { event: "{event}" }, signing_secret: whsec(1) };
const slack = {
  id: "template-slack",
  inputs: { slack_workspace: 1, channel: "C0123", text: "Hi {person.name}" },
};
const hubspot = { id: "template-hubspot", inputs: { oauth: 2, email: "{person.properties.email}" } };
const zendesk = {
  id: "template-zendesk",
  inputs: { subdomain: "acme", admin_email: "t0psecret", token: "t1psecret" },
  secret_inputs: ["admin_email", "token"],
};
const hog = {
  code: "fetch(inputs.url, {'headers': {'Authorization': inputs.token}})",
  inputs_schema: [
    { key: "url", type: "string", label: "Where", required: true },
    { key: "token", type: "string", label: "Token", secret: true },
  ],
  inputs: { url: "https://acme.example", token: "t0psecret" },
};
const signUps = { events: [{ id: "user_signed_up" }] };

/** For tests: each way to send, and from one to another. */
export const ways: Life[] = [
  [
    "a webhook",
    "destination",
    { filters: signUps, webhook },
    [
      { step: "name", change: { name: "Other" }, has: { name: "Other" } },
      { step: "description", change: { description: "Two\nlines" } },
      { step: "no description", change: { description: undefined } },
      { step: "switched off", change: { enabled: false }, has: { enabled: false } },
      { step: "switched on", change: { enabled: true }, has: { enabled: true } },
      {
        step: "method, headers, body, debug",
        change: {
          webhook: {
            ...webhook,
            method: "PUT",
            headers: { "X-A": "1" },
            body: ["{event.uuid}", 1],
            debug: true,
          },
        },
        has: {
          inputs: { method: { value: "PUT" }, headers: { value: { "X-A": "1" } }, debug: { value: true } },
        },
      },
      {
        step: "the defaults again",
        change: { webhook },
        has: {
          inputs: { method: { value: "POST" }, headers: { value: { "Content-Type": "application/json" } } },
        },
      },
      {
        step: "another signing secret",
        change: { webhook: { ...webhook, signing_secret: whsec(2) } },
        has: { inputs: { signing_secret: { secret: true } }, version: 4 },
      },
      {
        step: "a secret address and secret headers",
        change: {
          webhook: { ...webhook, headers: { "X-Key": "t0psecret" }, secret_inputs: ["headers", "url"] },
        },
        has: { inputs: { url: { secret: true }, headers: { secret: true } } },
      },
      {
        step: "another secret address",
        change: { webhook: { ...webhook, url: "https://b.example", secret_inputs: ["url"] } },
      },
      {
        step: "no secret any more",
        change: { webhook: { url: webhook.url, body: "plain" } },
        lacks: "signing_secret",
      },
      {
        step: "a header by hand",
        byHand: ({ inputs }) => ({
          inputs: { ...(inputs as object), headers: { value: { "X-Copy-To": "evil" } } },
        }),
        shows: { webhook: { url: webhook.url, body: "plain", headers: { "X-Copy-To": "evil" } } },
      },
      { step: "the name by hand", byHand: () => ({ name: "Mine" }), shows: { name: "Mine" } },
      {
        step: "the description by hand",
        byHand: ({ description }) => ({ description: `Mine\n\n${description}` }),
        shows: { description: "Mine" },
      },
      { step: "switched off by hand", byHand: () => ({ enabled: false }), shows: { enabled: false } },
      {
        step: "the icon by hand",
        byHand: () => ({ icon_url: "/evil.svg" }),
        shows: { icon_url: changedOutside },
      },
      {
        step: "Liquid by hand",
        byHand: ({ inputs }) => ({
          inputs: { ...(inputs as object), url: { value: webhook.url, templating: "liquid" } },
        }),
        shows: { webhook: { url: { value: webhook.url, templating: "liquid" }, body: "plain" } },
      },
      {
        step: "an input taken away by hand",
        byHand: ({ inputs }) => ({ inputs: without(inputs as Json, ["method"]) }),
        shows: { webhook: { url: webhook.url, body: "plain", method: changedOutside } },
      },
      {
        step: "an input made secret by hand",
        byHand: ({ inputs_schema }) => ({
          inputs_schema: (inputs_schema as Json[]).map((item) =>
            item.key === "url" || item.key === "body" ? { ...item, secret: true } : item,
          ),
        }),
        shows: {
          webhook: { url: webhook.url, body: "plain", secret_inputs: ["url"] },
          inputs_schema: { url: changedOutside, body: changedOutside },
        },
      },
      { step: "code by hand", byHand: () => ({ hog: "return 1" }), shows: { code: changedOutside } },
      {
        step: "keys of the schema by hand",
        byHand: ({ inputs_schema }) => ({
          inputs_schema: [
            ...(inputs_schema as Json[]).map((item) =>
              item.key === "debug" ? { ...item, label: "Loud" } : item,
            ),
            { key: "my_key", type: "string" },
          ],
        }),
        shows: { inputs_schema: { debug: changedOutside, my_key: changedOutside } },
      },
    ],
  ],
  [
    "a template",
    "destination",
    { filters: signUps, template: slack },
    [
      {
        step: "one input more",
        change: { template: { ...slack, inputs: { ...slack.inputs, username: "Hogwire", blocks: [] } } },
        has: { inputs: { username: { value: "Hogwire" }, blocks: { value: [] } } },
      },
      {
        step: "an input less",
        change: { template: slack },
        lacks: "username",
      },
      {
        step: "Liquid",
        change: {
          template: {
            ...slack,
            inputs: { ...slack.inputs, text: { value: "Hi {{ person.name }}", templating: "liquid" } },
          },
        },
        has: { inputs: { text: { templating: "liquid" } } },
      },
      {
        step: "a secret text, which is encrypted from then on",
        change: { template: { ...slack, secret_inputs: ["text"] } },
        has: { inputs: { text: { secret: true } } },
      },
      {
        step: "another secret text",
        change: {
          template: { ...slack, inputs: { ...slack.inputs, text: "T0psecret" }, secret_inputs: ["text"] },
        },
      },
      {
        step: "a text in clear",
        change: { template: slack },
        has: { inputs: { text: { value: "Hi {person.name}" } } },
      },
      {
        step: "the channel by hand",
        byHand: ({ inputs }) => ({ inputs: { ...(inputs as object), channel: { value: "C9" } } }),
        shows: { template: { ...slack, inputs: { ...slack.inputs, channel: "C9" } } },
      },
      {
        step: "an input added by hand",
        byHand: ({ inputs }) => ({ inputs: { ...(inputs as object), thread_ts: { value: "1.2" } } }),
        shows: { template: { ...slack, inputs: { ...slack.inputs, thread_ts: "1.2" } } },
      },
      {
        step: "another template",
        change: { template: hubspot },
        does: "replace",
        has: {
          template: { id: "template-hubspot" },
          inputs: { properties: { value: { firstname: "{person.properties.firstname}" } } },
        },
      },
      {
        step: "a default said aloud",
        change: { template: { ...hubspot, inputs: { ...hubspot.inputs, properties: { plan: "pro" } } } },
        has: { inputs: { properties: { value: { plan: "pro" } } } },
      },
      {
        step: "a webhook instead",
        change: { template: undefined, webhook },
        does: "replace",
        has: { template: { id: "template-webhook" } },
      },
      {
        step: "the same template by its id",
        change: {
          webhook: undefined,
          template: { id: "template-webhook", inputs: { url: webhook.url, method: "POST" } },
        },
        lacks: "signing_secret",
      },
      {
        step: "own code instead",
        change: { template: undefined, hog },
        does: "replace",
        has: { template: null },
      },
    ],
  ],
  [
    "a template with secrets of its own",
    "destination",
    { filters: signUps, template: zendesk },
    [
      {
        step: "another token",
        change: { template: { ...zendesk, inputs: { ...zendesk.inputs, token: "t2psecret" } } },
        has: {
          inputs: { token: { secret: true }, email: { value: "{person.properties.email}" } },
          version: 2,
        },
      },
      {
        step: "a secret in a map",
        change: {
          template: {
            ...zendesk,
            inputs: { ...zendesk.inputs, attributes: { key: "t3psecret" } },
            secret_inputs: ["attributes", "admin_email", "token"],
          },
        },
        has: { inputs: { attributes: { secret: true } } },
      },
      { step: "no map", change: { template: zendesk }, lacks: "attributes" },
      {
        step: "a default by hand",
        byHand: ({ inputs }) => ({
          inputs: { ...(inputs as object), email: { value: "{event.distinct_id}" } },
        }),
        shows: { template: { ...zendesk, inputs: { ...zendesk.inputs, email: "{event.distinct_id}" } } },
      },
      {
        step: "a secret's place in clear by hand",
        byHand: ({ inputs_schema }) => ({
          inputs_schema: (inputs_schema as Json[]).map((item) =>
            item.key === "admin_email" ? { ...item, secret: false, required: false } : item,
          ),
        }),
        shows: {
          template: {
            ...zendesk,
            inputs: without(zendesk.inputs, ["admin_email"]),
            secret_inputs: ["token"],
          },
          inputs_schema: { admin_email: changedOutside },
        },
      },
      {
        step: "a secret by hand",
        byHand: ({ inputs }) => ({ inputs: { ...(inputs as object), token: { value: "theirs" } } }),
        shows: { secrets: `perhaps ${changedOutside}` },
      },
    ],
  ],
  [
    "own code",
    "destination",
    { filters: signUps, hog },
    [
      {
        step: "other code",
        change: { hog: { ...hog, code: "print(inputs.url)\n" } },
        has: { hog: "print(inputs.url)" },
      },
      {
        step: "another secret",
        change: { hog: { ...hog, inputs: { ...hog.inputs, token: "t1psecret" } } },
        has: { version: 3 },
      },
      {
        step: "the secret taken away, its place kept in the file",
        change: { hog: { ...hog, inputs: { url: "https://acme.example" } } },
        lacks: "token",
      },
      { step: "the secret again", change: { hog }, has: { inputs: { token: { secret: true } } } },
      {
        step: "an item more",
        change: {
          hog: {
            ...hog,
            inputs_schema: [...hog.inputs_schema, { key: "n", type: "number", label: "N", default: 1 }],
            inputs: { ...hog.inputs, n: 2 },
          },
        },
        has: { inputs: { n: { value: 2 } } },
      },
      {
        step: "no inputs at all",
        change: { hog: { code: "return 1" } },
        has: { inputs: {}, inputs_schema: [] },
      },
      { step: "all of it again", change: { hog } },
      {
        step: "code by hand",
        byHand: () => ({ hog: "return 2" }),
        shows: { hog: { ...hog, code: "return 2" } },
      },
      {
        step: "the schema by hand",
        byHand: () => ({
          inputs_schema: [{ ...hog.inputs_schema[0], label: "Whither" }, hog.inputs_schema[1]],
        }),
        shows: {
          hog: {
            ...hog,
            inputs_schema: [{ ...hog.inputs_schema[0], label: "Whither" }, hog.inputs_schema[1]],
          },
        },
      },
      {
        step: "the secret lost by hand",
        byHand: () => ({ inputs_schema: [hog.inputs_schema[0]] }),
        shows: {
          hog: { ...hog, inputs_schema: [hog.inputs_schema[0]], inputs: { url: "https://acme.example" } },
        },
      },
    ],
  ],
];
