// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { createSource } from "./source.ts";
import { inOneLine, lowerText } from "./test-support.ts";

const yaml = `
name: N
filters: { events: [e] }
hog:
  code: ./a.hog
  inputs_schema: [{ key: url, type: string }]
  inputs: { url: https://a.example }
`;

test.each([
  [
    "what is there",
    "let a := inputs.url\nfetch(a, {'body': {'e': event, 'n': person.name, 'h': f'{source.url}'}})",
    [],
  ],
  [
    "a global that is not, which fails on every event",
    "fetch(inputs.url, {'body': persn.name})",
    ["HW042 destinations/a.hog:1:28-38 there is no `persn` in Hog code (Did you mean `person`?)"],
  ],
  [
    "an input that is misspelt",
    "fetch(inputs.ulr)",
    [
      "HW056 destinations/a.hog:1:7-17 `inputs_schema` has no input `ulr`, which the code reads (Did you mean `inputs.url`?)",
    ],
  ],
])("own code reads %s", async (_what, code, expected) => {
  const source = createSource("destinations/a.hog", code);
  const { diagnostics } = await lowerText(yaml, {}, { code: new Map([["a.hog", source]]) });
  expect(diagnostics.map((one) => inOneLine(one))).toEqual(expected);
});

const zendesk = (token: string) => `
name: N
filters: { events: [e], person: { email: { is_set: true } } }
template:
  id: template-zendesk
  inputs: { subdomain: a, admin_email: someone@example.com, token: "${token}", email: "{person.properties.email}", name: N, attributes: {} }
`;

test.each([
  ["a token in clear", "0123456789abcdef0123", true],
  ["a token from the plain configuration", "${config:zendeskTokenOfOurs}", true],
  ["a secret", "${secret:zendeskTokenOfOurs}", false],
  ["what each event says", "{person.properties.zendesk_token}", false],
])("an input that the schema calls secret holds %s", async (_what, token, isWarned) => {
  const { diagnostics } = await lowerText(zendesk(token), { without: ["HW047"] });
  expect(diagnostics.map(({ code }) => code)).toEqual(isWarned ? ["HW023"] : []);
});
