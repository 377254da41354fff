/** PostHog's word on what it was sent may quote it: takes the secrets out of the error's text (law 5). */
export async function hidingSecrets<T>(secrets: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) {
      // The longest first: one may be a part of another.
      for (const secret of textsIn(secrets).toSorted((a, b) => b.length - a.length)) {
        error.message = error.message.replaceAll(secret, "[secret]");
      }
    }
    throw error;
  }
}

/** A secret input may be a whole tree: each text in it is one. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
