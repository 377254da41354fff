/** Where Pulumi's CLI and plugins come from. */
export const downloadHost = "https://get.pulumi.com";

/**
 * Whether a server answers at all, within a short time. Resolves with `undefined`, or with why it does not.
 *
 * @param {string} url
 * @returns {Promise<string | undefined>}
 */
export async function whyUnreachable(url) {
  try {
    await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(4_000) });
    return undefined;
  } catch (error) {
    const { name, cause } = /** @type {Error & { cause?: { code?: string } }} */ (error);
    return name === "TimeoutError" ? "no answer within 4 s" : (cause?.code ?? String(error));
  }
}
