import { createHmac, hkdfSync } from "node:crypto";
import { withSortedKeys } from "../wire/json.ts";

/** Tells that a secret changed, and nothing else about it: without the key it cannot be guessed at (law 5). */
export type Fingerprint = (owner: string, input: string, value: unknown) => string | undefined;

/**
 * The key is made of the stack's `signingKey`: another one makes every secret be sent again, once. Without one there are no
 * fingerprints, and every secret is sent each time.
 */
export function createFingerprint(signingKey: string | undefined): Fingerprint {
  if (!signingKey) return () => undefined;
  const key = Buffer.from(hkdfSync("sha256", signingKey, "hogwire", "secret fingerprints", 32));
  return (owner, input, value) =>
    createHmac("sha256", key)
      .update(JSON.stringify([owner, input, withSortedKeys(value)]))
      .digest("base64url")
      .slice(0, 12);
}
