import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { destination } from "../templates/define.ts";
import type { HogTemplate } from "../templates/template-routes.ts";
import { sandbox } from "../test-support.ts";

/** A template that PostHog does not have. */
export function templateWith(status: HogTemplate["status"]): HogTemplate {
  return {
    ...destination({
      id: "template-own",
      name: "Own",
      description: "",
      category: ["Custom"],
      code: "return 1",
      inputs_schema: [],
    }),
    status,
  };
}

/** A function made from that template, in a PostHog whose templates are now these. */
export async function madeFromTemplate(templates: HogTemplate[]) {
  const data = mkdtempSync(join(tmpdir(), "hogwire-contract-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const before = await sandbox({ data, templates: [templateWith("stable")] });
  const { body: fn } = await before.api("POST", "hog_functions/", {
    template_id: "template-own",
    enabled: true,
  });
  await before.close();
  const { api } = await sandbox({ data, templates });
  return (change: unknown) => api("PATCH", `hog_functions/${fn.id}/`, change);
}
