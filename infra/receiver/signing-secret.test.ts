import { expect, test } from "vitest";
import { signingSecret } from "./signing-secret.ts";

test("is a Standard Webhooks secret of 32 bytes", () => {
  const secret = signingSecret("key", "signup-notifications", 1);
  expect(secret).toMatch(/^whsec_/);
  expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(32);
});

// Another value here would silently break the signatures of every stack that exists.
test("never changes for the same key, slug and generation", () => {
  expect(signingSecret("key", "signup-notifications", 1)).toMatchInlineSnapshot(
    `"whsec_AQ4fdIDiqwzUCU89nJ/FiuIV6Ma/pcR2S4hdlG59GNU="`,
  );
});

test("differs by key, slug and generation", () => {
  const secrets = [
    signingSecret("key", "a", 1),
    signingSecret("kez", "a", 1),
    signingSecret("key", "b", 1),
    signingSecret("key", "a", 2),
    signingSecret("key", "a", 11),
  ];
  expect(new Set(secrets).size).toBe(secrets.length);
});

test.each([
  ["", 1],
  ["key", 0],
  ["key", 1.5],
])("refuses the key %j with generation %d", (key, generation) => {
  expect(() => signingSecret(key, "a", generation)).toThrow(RangeError);
});
