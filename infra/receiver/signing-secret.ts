import { hkdfSync } from "node:crypto";

/**
 * The Standard Webhooks secret of one destination: `whsec_` and 32 bytes in base64. Nothing random (design §4, Keys):
 * the program that writes it to PostHog and the receiver that checks with it compute the same one.
 *
 * HKDF-SHA256 (RFC 5869): key material = the UTF-8 bytes of `signingKey`, salt = `hogwire`,
 * info = `destination signing secret\n<slug>\n<generation>`, length = 32.
 */
export function signingSecret(signingKey: string, slug: string, generation: number): string {
  if (signingKey === "") throw new RangeError("`signingKey` must not be empty");
  if (!Number.isInteger(generation) || generation < 1) throw new RangeError("`generation` must be 1 or more");
  const info = `destination signing secret\n${slug}\n${generation}`;
  return `whsec_${Buffer.from(hkdfSync("sha256", signingKey, "hogwire", info, 32)).toString("base64")}`;
}
