import type { DestinationInputs } from "../wire/destination.ts";

/** PostHog's word on what it was sent may quote it: takes the destination's secrets out of the error's text (law 5). */
export async function hidingSecrets<T>(inputs: DestinationInputs, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) {
      for (const secret of secretsOf(inputs)) error.message = error.message.replaceAll(secret, "[secret]");
    }
    throw error;
  }
}

function secretsOf({ webhook }: DestinationInputs): string[] {
  const { signing_secret, secret_inputs = [], url, headers = {} } = webhook;
  return [
    ...(signing_secret === undefined ? [] : [signing_secret]),
    ...(secret_inputs.includes("url") ? [url] : []),
    ...(secret_inputs.includes("headers") ? Object.values(headers) : []),
  ].filter((secret) => secret !== "");
}
