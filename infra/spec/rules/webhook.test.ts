// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { type Case, inOneLine, lowerText, mend, testDiagnostics } from "../test-support.ts";

const FILE = "destinations/example.yaml";
const webhook = (lines: string) =>
  `name: N\nfilters: { events: [e] }\nwebhook:\n  url: https://a.example\n${lines}`;

const CASES: Case[] = [
  [
    "headers without a Content-Type",
    webhook("  headers: { X-Plan: pro }\n"),
    [
      "warning HW076 5:3-10 with headers of your own the body goes out without a Content-Type (Add `Content-Type: application/json`.) [fix]",
    ],
  ],
  ["headers with one, in any case", webhook("  headers: { X-Plan: pro, content-type: text/plain }\n"), []],
  ["no headers, where PostHog's own is there", webhook("  headers: {}\n"), []],
  ["a request without a body", webhook("  method: GET\n  headers: { X-Plan: pro }\n"), []],
  [
    "what is logged",
    webhook("  debug: true\n"),
    [
      "warning HW077 5:10-14 `debug` writes each request and response to PostHog's log, personal data included (Write it where it is needed: `environments: { dev: … }`.)",
    ],
  ],
  ["what is not logged", webhook("  debug: false\n"), []],
  [
    "what a template logs",
    "name: N\nfilters: { events: [e] }\ntemplate: { id: template-acme-only, inputs: { debug: true } }\n",
    [
      "warning HW077 3:54-58 `debug` writes each request and response to PostHog's log, personal data included (Write it where it is needed: `environments: { dev: … }`.)",
    ],
  ],
];

testDiagnostics(CASES, FILE, (text) => lowerText(text, { without: ["HW059"] }));

test("what is logged in dev is nobody's business", async () => {
  const text = webhook("  debug: true\n");
  const lines = async (stack: string) => (await lowerText(text, { stack })).diagnostics.map(inOneLine);
  expect(await lines("dev")).toEqual([]);
  expect(await lines("prod")).toHaveLength(1);
});

test.each([
  [
    "  headers: { X-Plan: pro } # plan\n",
    "  headers: { X-Plan: pro, Content-Type: application/json } # plan\n",
  ],
  [
    '  headers:\n    X-Key: "${secret:key}" # key\n  # body\n  body: flat\n',
    '  headers:\n    X-Key: "${secret:key}" # key\n    Content-Type: application/json\n  # body\n  body: flat\n',
  ],
])("a Content-Type is added", async (before, after) => {
  expect(await mend(webhook(before), FILE, (text) => lowerText(text))).toBe(webhook(after));
});
