import { Client } from "@hubspot/api-client";
import { defineHandler, type HandlerContext } from "../../infra/receiver/define-handler.ts";

/**
 * Keeps one HubSpot contact per person. The contact is found by e-mail and created or updated in one call, so doing
 * it twice changes nothing. `subscription_status` is a contact property of yours: create it once in HubSpot.
 */
export default defineHandler({
  secrets: ["hubspotToken"],
  config: { hubspotUrl: "https://api.hubapi.com" },
  on: {
    user_signed_up: (context) => saveContact(context, {}),
    subscription_started: (context) =>
      saveContact(context, { lifecyclestage: "customer", subscription_status: "active" }),
    subscription_canceled: (context) => saveContact(context, { subscription_status: "canceled" }),
  },
});

async function saveContact(
  { person, secrets, config, log }: HandlerContext<"hubspotToken", { hubspotUrl: string }>,
  changes: Record<string, string>,
): Promise<void> {
  const email = person?.properties.email;
  if (typeof email !== "string" || email === "") {
    log.info("the person has no e-mail address, so there is no contact to keep");
    return;
  }
  const { name } = person?.properties ?? {};
  const properties = typeof name === "string" ? { firstname: name, ...changes } : changes;

  const hubspot = new Client({ accessToken: secrets.hubspotToken, basePath: config.hubspotUrl });
  const answer = await hubspot.crm.contacts.batchApi.upsert({
    inputs: [{ idProperty: "email", id: email, properties }],
  });
  // A batch may be answered 207: the call went well, and our contact did not.
  if ("errors" in answer && answer.errors?.[0]) throw new Error(`HubSpot: ${answer.errors[0].message}`);
}
