import { Hono } from "hono";
import { isObject, type Json, textOf } from "../http/fields.ts";
import { readUntypedJson } from "../http/read-json.ts";
import type { StandIns } from "./stand-ins.ts";

type Contact = { id: string; createdAt: string; updatedAt: string; properties: Json };

/**
 * Stand-ins for HubSpot and Slack, so that the example handlers and the templates of both do not leave this machine.
 * They forget on restart.
 */
export function partnerRoutes(now: () => number): Hono {
  const routes = new Hono();
  const contacts = new Map<string, Contact>();
  const messages: Json[] = [];

  routes.get("/", (c) => c.json({ hubspot: { contacts: [...contacts.values()] }, slack: { messages } }));

  routes.post("/hubspot/crm/v3/objects/contacts/batch/upsert", async (c) => {
    const at = new Date(now()).toISOString();
    const body: unknown = await readUntypedJson(c.req.raw);
    const inputs = isObject(body) && Array.isArray(body.inputs) ? body.inputs.filter(isObject) : [];
    const results = inputs.map((input) => {
      const email = textOf(input.id).toLowerCase();
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

  // Slack's Web API says in the body what went wrong, with status 200
  routes.post("/slack/api/chat.postMessage", async (c) => {
    const token = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (!token?.startsWith("xoxb-")) return c.json({ ok: false, error: "invalid_auth" });
    const body: unknown = await readUntypedJson(c.req.raw);
    const message = isObject(body) ? body : {};
    if (!message.channel) return c.json({ ok: false, error: "channel_not_found" });
    if (!message.text && !message.blocks) return c.json({ ok: false, error: "no_text" });
    messages.push({ at: new Date(now()).toISOString(), ...message });
    return c.json({ ok: true, channel: message.channel, ts: String(now() / 1000), message });
  });

  routes.post("/slack/*", async (c) => {
    const body: unknown = await readUntypedJson(c.req.raw);
    messages.push({ at: new Date(now()).toISOString(), text: isObject(body) ? body.text : undefined });
    return c.text("ok");
  });
  return routes;
}

/** For which hosts they stand in. */
export function partnerHosts(url: string): StandIns {
  return { "slack.com": `${url}/_partners/slack`, "api.hubapi.com": `${url}/_partners/hubspot` };
}
