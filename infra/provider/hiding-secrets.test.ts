import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PostHogError } from "../posthog/errors.ts";
import { InitializationError } from "./errors.ts";
import { createHider, hidingSecrets } from "./hiding-secrets.ts";
import { providerOf } from "./testing.ts";

const token = "Kx7-Qm2_Zp9.Tv4";
const odd = `Kx7"Qm2\\Zp9{Tv4'é`;
const key = "-----BEGIN KEY-----\nMIGHAgEAMBMGByqG\nSM49AgEG\n-----END KEY-----\n";
const base64 = (text: string) => Buffer.from(text).toString("base64");

const notShown = "[quotes a secret: not shown]";

test.each<[what: string, secrets: unknown, text: string, hidden: string]>([
  ["as it is", token, `no ${token}, nor ${token}`, "no [secret], nor [secret]"],
  ["in JSON", odd, `{"x":${JSON.stringify(odd)}}`, notShown],
  ["in JSON in JSON", odd, JSON.stringify({ x: JSON.stringify({ y: odd }) }), notShown],
  ["in JSON that is ASCII only", "clé-d'été", String.raw`not "cl\u00e9-d'\u00e9t\u00e9"`, notShown],
  ["in a Hog template", "a{b}c{d", String.raw`bad template: a\{b}c\{d!`, notShown],
  ["in a URL", odd, `/hook?x=${encodeURIComponent(odd)}&y`, notShown],
  ["in a URL in a URL", odd, encodeURIComponent(`/?x=${encodeURIComponent(odd)}&y`), notShown],
  [
    "in a URL, with a percent sign of its own",
    "100%41off",
    `/?x=${encodeURIComponent("100%41off")}`,
    notShown,
  ],
  ["in JSON in a URL", odd, `/?x=${encodeURIComponent(JSON.stringify({ x: odd }))}`, notShown],
  ["in base64", token, `Basic ${base64(token)}`, notShown],
  ["in base64 of JSON", odd, base64(JSON.stringify({ x: odd })), notShown],
  ["in base64, within more", token, `Basic ${base64(`user:${token}!`)}.`, notShown],
  ["in base64 of a URL", "~~~???~~~???", Buffer.from("~~~???~~~???").toString("base64url"), notShown],
  ["a line of it", key, 'could not read "SM49AgEG"', 'could not read "[secret]"'],
  ["all its short lines, in JSON", "Kx7\nQm2\nZp9\nTv4", String.raw`{"x":"Kx7\nQm2\nZp9\nTv4"}`, notShown],
  ["cut off", token, `${token.slice(0, 13)}… is too long`, notShown],
  ["twice, once in JSON", odd, `${odd}, or ${JSON.stringify(odd)}`, notShown],
  ["a short line of it", "user-1\npass-2\n", "not a password: pass-2", "not a password: [secret]"],
  ["a short word of it", "Bearer Kx7-Qm2_Z", "no such token: Kx7-Qm2_Z", "no such token: [secret]"],
  ["a short word of it, in JSON", `Bearer Kx7"Qm2_Z`, `no such token: Kx7\\"Qm2_Z`, notShown],
  ["a long word of it", `Bearer ${token}`, `no such token: ${token}`, "no such token: [secret]"],
  ["a tree of them", { a: [token], b: { c: "pass-word" } }, `${token} pass-word`, "[secret] [secret]"],
  [
    "two, one a part of the other",
    ["secret-one", "secret-one-two"],
    "secret-one-two secret-one",
    "[secret] [secret]",
  ],
  [
    "a short one, where it is quoted",
    ["a", "on"],
    `"a" is on, and a header 'on'`,
    "[secret] is on, and a header [secret]",
  ],
  ["a short one, quoted in JSON", "on", String.raw`{"x":"{\"y\":\"on\"}"}`, notShown],
  ["an empty one", ["", " "], "nothing to hide", "nothing to hide"],
  ["none", [], "nothing to hide", "nothing to hide"],
])("hides a secret: %s", (_what, secrets, text, hidden) => {
  expect(createHider(secrets)(text)).toBe(hidden);
});

test.each([
  [
    "text that a secret has little in common with",
    "https://hooks.acme.example/T0/B0",
    "PostHog answered 400 to POST https://us.posthog.com/",
  ],
  [
    "a word of it that any sentence may have",
    "correct horse battery",
    "the horse is not correct: no battery",
  ],
])("keeps %s", (_what, secret, text) => {
  expect(createHider(secret)(text)).toBe(text);
});

describe("whatever the secret", () => {
  const secret = fc
    .string({
      unit: fc.oneof(
        fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
        fc.constantFrom(..."\\\"'{}%41\n\t ué+/&"),
      ),
    })
    .map((text) => `Kx7-${text}`);
  const quoted = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
    (text) => encodeURIComponent(text),
    (text) => encodeURIComponent(encodeURIComponent(text)),
  );
  test("it is hidden, and what stands around it is not where it stands as it is", () => {
    fc.assert(
      fc.property(secret, quoted, (text, quote) => {
        const trimmed = text.trim();
        const said = quote(trimmed);
        const hidden = createHider(text)(`<< ${said} >>`);
        if (said === trimmed) expect(hidden).toBe("<< [secret] >>");
        else expect(hidden).toSatisfy((text) => text === notShown || /^<< .*\[secret\].* >>$/s.test(text));
        for (let at = 0; at + 12 <= trimmed.length; at++)
          expect(hidden).not.toContain(trimmed.slice(at, at + 12));
      }),
    );
  });
});

const request = "POST https://a.example/hook-of-somebody/";

test("is done in all that an error says, and its properties for the state keep theirs", async () => {
  const cause = new TypeError(`could not send ${token}`);
  const refused = new PostHogError({ status: 400, detail: `not ${token}`, request }, { cause });
  const failed = new InitializationError("id", { token }, [`it has no ${token}`]);
  for (const error of [refused, failed, new AggregateError([cause], token)]) {
    expect(error.stack).toContain(token); // written at the first look, and then it stays
    const thrown = await hidingSecrets(token, () => Promise.reject(error)).catch((reason) => reason);
    expect(thrown).toBeInstanceOf(error.constructor);
    expect(
      inspect({ ...thrown, properties: {} }) + inspect(thrown.cause) + thrown.stack + thrown.message,
    ).not.toContain(token);
  }
  expect(failed.properties).toEqual({ token });
  expect(failed.reasons).toEqual(["it has no [secret]"]);
});

test("of a refusal that cannot be shown, the request, the input and what to do can, whatever they share with the secret", async () => {
  const refusal = { status: 409, code: "stale_update", attr: "inputs__token", retryAfter: "1", request };
  const error = new PostHogError({ ...refusal, detail: `Not this: ${JSON.stringify(odd)}` });
  const secrets = [odd, "https://a.example/hook-of-somebody/else"];
  const thrown = await hidingSecrets(secrets, () => Promise.reject(error)).catch((reason) => reason);
  expect(thrown).toMatchObject(refusal);
  expect(thrown.message).toBe(
    `PostHog answered 409 to ${request}: inputs.token: ${notShown}\n` +
      "Somebody else changed it at the same moment. Look at the change, then run again.",
  );
});

test("no error of the provider quotes the API key, though a proxy does", async () => {
  const proxy = createServer(({ headers }, response) => {
    response.writeHead(400).end(JSON.stringify({ detail: `not with ${headers.authorization}` }));
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const { port } = proxy.address() as AddressInfo; // it listens on TCP
  const place = { host: `http://127.0.0.1:${port}`, project: "1", slug: "a", written: { by: "a/b/c" } };
  const { read } = providerOf({ env: { POSTHOG_API_KEY: token } });
  const error = await read("1", { kind: "event-filter", ...place }).catch((reason) => reason);
  proxy.close();
  expect(error.message).toContain("not with Bearer [secret]");
  expect(inspect(error)).not.toContain(token);
});
