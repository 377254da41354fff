import { createHmac, timingSafeEqual } from "node:crypto";

/** Standard Webhooks: how far the sender's clock may be from ours, both ways. */
const toleranceSeconds = 5 * 60;

export type Verified = { ok: true; id: string; timestamp: number } | { ok: false; reason: string };

/**
 * Checks a request against Standard Webhooks as PostHog signs (contract §2.3): HMAC-SHA256 over `id.timestamp.body`.
 * Any of the space-separated `v1` signatures may match any of the secrets, so a rotation loses nothing.
 * `body` is the raw bytes; `secrets` are `whsec_…`; `now` is in milliseconds, the returned `timestamp` in seconds.
 */
export function verifySignature(
  headers: Headers,
  body: Uint8Array,
  secrets: string[],
  now: number,
): Verified {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (!id || !timestamp || !signatures) {
    return refuse(
      "The request is not signed: webhook-id, webhook-timestamp and webhook-signature are needed; " +
        "set the destination's signing secret in PostHog (npx pulumi up does).",
    );
  }
  if (!/^\d{1,12}$/.test(timestamp))
    return refuse("webhook-timestamp must be a whole number of Unix seconds.");
  if (!isSigned(`${id}.${timestamp}.`, body, signatures, secrets)) {
    return refuse(
      "The signature does not match: PostHog and the receiver must be given the same signingKey, " +
        "and generations at most one apart; npx pulumi up writes both.",
    );
  }
  // After the signature: a stranger learns nothing about our clock.
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) {
    return refuse(
      "webhook-timestamp is more than 5 minutes away from the receiver's clock: check both clocks.",
    );
  }
  return { ok: true, id, timestamp: Number(timestamp) };
}

function isSigned(prefix: string, body: Uint8Array, signatures: string, secrets: string[]): boolean {
  const given = signatures.split(" ").map((signature) => Buffer.from(signature));
  let signed = false;
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const expected = Buffer.from(
      `v1,${createHmac("sha256", key).update(prefix).update(body).digest("base64")}`,
    );
    for (const signature of given) {
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) signed = true;
    }
  }
  return signed;
}

function refuse(reason: string): Verified {
  return { ok: false, reason };
}
