import type { LoweredDestination } from "./lowered.ts";

/** Where a destination sends, without what is secret: `your-app.example`, `the Slack channel C0123456789`. */
export function placeInWords(lowered: LoweredDestination): string {
  if ("hog" in lowered) return "wherever its own code sends";
  if ("template" in lowered) {
    const { id, inputs, secret_inputs: secret = [] } = lowered.template;
    if (id !== "template-slack") return `the service of ${id}`;
    return secret.includes("channel")
      ? "a secret Slack channel"
      : `the Slack channel ${String(inputs.channel)}`;
  }
  const { url, secret_inputs: secret = [] } = lowered.webhook;
  if (secret.includes("url")) return "a secret address";
  if (/^config:/.test(url)) return "an address that the stack knows";
  // Without a user and password before the host.
  return /^https?:\/\/(?:[^/?#@{]*@)?([^/?#{]+)/i.exec(url)?.[1] ?? "an address that each event names";
}
