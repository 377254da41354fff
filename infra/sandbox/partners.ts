import { Hono } from "hono";
import { isObject, type Json } from "./fields.ts";

type Contact = { id: string; createdAt: string; updatedAt: string; properties: Json };

/** Stand-ins for HubSpot and Slack, so that the example handlers do not leave this machine. They forget on restart. */
export function partnerRoutes(now: () => number): Hono {
  const routes = new Hono();
  const contacts = new Map<string, Contact>();
  const messages: { at: string; text: unknown }[] = [];

  routes.get("/", (c) => c.json({ hubspot: { contacts: [...contacts.values()] }, slack: { messages } }));

  routes.post("/hubspot/crm/v3/objects/contacts/batch/upsert", async (c) => {
    const at = new Date(now()).toISOString();
    const body: unknown = await c.req.json();
    const inputs = isObject(body) && Array.isArray(body.inputs) ? body.inputs.filter(isObject) : [];
    const results = inputs.map((input) => {
      const email = String(input.id).toLowerCase();
      const known = contacts.get(email);
      const contact: Contact = {
        id: known?.id ?? String(contacts.size + 1),
        createdAt: known?.createdAt ?? at,
        updatedAt: at,
        properties: { ...known?.properties, ...(isObject(input.properties) ? input.properties : {}), email },
      };
      contacts.set(email, contact);
      return { ...contact, new: known === undefined, archived: false };
    });
    return c.json({ status: "COMPLETE", startedAt: at, completedAt: at, results });
  });

  routes.post("/slack/*", async (c) => {
    const body: unknown = await c.req.json();
    messages.push({ at: new Date(now()).toISOString(), text: isObject(body) ? body.text : undefined });
    return c.text("ok");
  });
  return routes;
}
