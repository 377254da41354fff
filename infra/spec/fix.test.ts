import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fixProject } from "./fix.ts";

/** What `a.yaml` holds when all is mended, and what is left to say. */
async function fixed(text: string): Promise<{ after: string; made: string[]; left: string[] }> {
  const root = mkdtempSync(join(tmpdir(), "hogwire-fix-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "destinations/handlers"), { recursive: true });
  writeFileSync(join(root, "destinations/handlers/crm.ts"), "");
  writeFileSync(join(root, "destinations/a.yaml"), text);
  writeFileSync(join(root, "destinations/a.test.yaml"), "- { name: s, event: e, expect: { sent: true } }\n");
  const { result, fixed, changed } = await fixProject(root);
  return {
    after: changed.get("destinations/a.yaml")?.after ?? text,
    made: fixed.map(({ code }) => code),
    left: result.diagnostics.map(({ code }) => code),
  };
}

test("turns what an old guide says into a destination that works", async () => {
  const guide = `# Copied from a guide
name: CRM
type: destination
filters: { events: [e] }
config:   # where to
  url: "https://crm.example/hook"
  method: 'post'
  headers: { X-Key: abc }
  body:
    event: "{event}"            # the name
    user: '{distinct_id}'
    plan: "plan {properties.plan}, at {timestamp}"
    id: "{{ event.uuid }}"
`;
  const { after, left } = await fixed(guide);
  expect(left).toEqual([]);
  expect(after).toBe(`# Copied from a guide
name: CRM
filters: { events: [e] }
webhook:   # where to
  url: "https://crm.example/hook"
  method: 'POST'
  headers: { X-Key: abc, Content-Type: application/json }
  body:
    event: "{event}"            # the name
    user: '{event.distinct_id}'
    plan: "plan {event.properties.plan}, at {event.timestamp}"
    id: "{event.uuid}"
`);
});

test("mends in an environment what stands there, and at the top what stands there", async () => {
  const file = (name: string, enabled: string) =>
    `${name}: N\nfilters: { events: [e] }\nhandlers: [crm]\nenvironments:\n  prod: { enabled: ${enabled} }\n`;
  const { after, made, left } = await fixed(file("nmae", "no"));
  expect({ after, made, left }).toEqual({ after: file("name", "false"), made: ["HW010", "HW011"], left: [] });
});

test("leaves what an anchor would carry to another place, and says that it is left", async () => {
  const text = `name: N
filters: { events: [e] }
webhook:
  url: https://a.example
  body: &body { user: "{distinct_id}" }
environments:
  prod: { webhook: { body: *body } }
`;
  expect(await fixed(text)).toEqual({ after: text, made: [], left: ["HW042"] });
});

test("has nothing to do where nothing is wrong", async () => {
  const text = "name: N\nfilters: { events: [e] }\nhandlers: [crm]\n";
  expect(await fixed(text)).toEqual({ after: text, made: [], left: [] });
});
