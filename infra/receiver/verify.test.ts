import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { verifySignature } from "./verify.ts";

// PostHog's own test vector (contract §2.3), the one of the Standard Webhooks specification.
const vector = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const valid = { id: vector.id, timestamp: String(vector.timestamp), signature: vector.signature };
const atVector = vector.timestamp * 1000;

function verify(
  given: Partial<typeof valid>,
  options: { body?: string; secrets?: string[]; now?: number } = {},
) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) headers.set(`webhook-${name}`, value);
  const { body = vector.body, secrets = [vector.secret], now = atVector } = options;
  return verifySignature(headers, Buffer.from(body), secrets, now);
}

test("accepts the published vector", () => {
  expect(verify(valid)).toEqual({ ok: true, id: vector.id, timestamp: vector.timestamp });
});

test.each([
  ["no webhook-id", { timestamp: valid.timestamp, signature: valid.signature }, /not signed/],
  ["no webhook-timestamp", { id: valid.id, signature: valid.signature }, /not signed/],
  ["no webhook-signature", { id: valid.id, timestamp: valid.timestamp }, /not signed/],
  ["a timestamp that is no number", { ...valid, timestamp: "yesterday" }, /Unix seconds/],
  ["a timestamp with a tail", { ...valid, timestamp: `${valid.timestamp}x` }, /Unix seconds/],
  ["another id", { ...valid, id: "msg_other" }, /does not match/],
  ["another timestamp", { ...valid, timestamp: String(vector.timestamp + 1) }, /does not match/],
  ["an unknown version", { ...valid, signature: valid.signature.replace("v1", "v2") }, /does not match/],
  ["a signature cut short", { ...valid, signature: valid.signature.slice(0, -1) }, /does not match/],
  ["a signature without version", { ...valid, signature: valid.signature.slice(3) }, /does not match/],
])("refuses %s", (_what, given, reason) => {
  expect(verify(given)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
});

test.each([
  [-300, true],
  [-301, false],
  [300, true],
  [301, false],
])("with the sender's clock %i s away: %s", (seconds, ok) => {
  expect(verify(valid, { now: atVector - seconds * 1000 }).ok).toBe(ok);
});

test("accepts any of several signatures, made with any of the accepted secrets", () => {
  const older = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const signature = new Webhook(older).sign(vector.id, new Date(atVector), vector.body);
  const several = `v1,${"A".repeat(43)}= v2,other ${signature}`;
  expect(verify({ ...valid, signature: several }, { secrets: [vector.secret, older] }).ok).toBe(true);
  expect(verify({ ...valid, signature: several }, { secrets: [vector.secret] }).ok).toBe(false);
});

// A header value may hold any visible character but no space at its ends.
const id = fc.string({ unit: fc.constantFrom(..."abcXYZ019._-:"), minLength: 1, maxLength: 40 });
const key = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`);
const body = fc.string({ unit: "grapheme", maxLength: 200 });

test("accepts whatever the reference implementation signs", () => {
  fc.assert(
    fc.property(id, key, body, (id, secret, body) => {
      const now = Math.floor(Date.now() / 1000);
      const signature = new Webhook(secret).sign(id, new Date(now * 1000), body);
      const verified = verify(
        { id, timestamp: String(now), signature },
        { body, secrets: [secret], now: now * 1000 },
      );
      expect(verified).toEqual({ ok: true, id, timestamp: now });
    }),
  );
});

test("agrees with the reference implementation on what was tampered with", () => {
  const tampering = fc.record({
    body: fc.option(body),
    id: fc.option(id),
    secret: fc.option(key),
    signature: fc.option(fc.base64String()),
  });
  fc.assert(
    fc.property(id, key, body, tampering, (id, secret, body, tampered) => {
      const now = Math.floor(Date.now() / 1000);
      const given = {
        id: tampered.id ?? id,
        timestamp: String(now),
        signature: tampered.signature
          ? `v1,${tampered.signature}`
          : new Webhook(secret).sign(id, new Date(now * 1000), body),
      };
      const received = tampered.body ?? body;
      const secretHere = tampered.secret ?? secret;
      const headers = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`webhook-${name}`, value]),
      );
      const reference = () => new Webhook(secretHere).verify(received, headers, { jsonParse: false });
      const ours = verify(given, { body: received, secrets: [secretHere], now: now * 1000 });
      if (ours.ok) expect(reference).not.toThrow();
      else expect(reference).toThrow();
    }),
  );
});
