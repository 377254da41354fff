import { PostHogError } from "../posthog/errors.ts";
import { noTemplate, type Template } from "../posthog/templates.ts";
import { webhookTemplate } from "../wire/ways.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";
import { missingGroupTypes } from "./group-types.ts";
import type { Needs } from "./manifest.ts";

/** Asks this PostHog for all that a stack's files need of it; throws what it lacks, all at once (contract §9.15). */
export async function requireAll(needs: Needs, connection: Connection): Promise<void> {
  const { host, project } = connection.client;
  const lacks = [
    ...(await missingTemplates(needs, connection)),
    ...(await missingSigning(needs, connection)),
    ...(await missingGroups(needs, connection)),
  ];
  if (lacks.length === 0) return;
  throw new RefusedError(
    `The project ${project} of ${host} cannot do what the files say, so nothing was sent:\n${lacks.map((lack) => `- ${lack}`).join("\n")}`,
  );
}

async function missingTemplates({ templates }: Needs, connection: Connection): Promise<string[]> {
  const served = await Promise.all(templates.map((id) => templateOf(id, connection)));
  const missing = templates.filter((_id, index) => served[index] === undefined);
  if (missing.length === 0) return [];
  return [noTemplate(missing, connection.client.host)];
}

async function missingSigning({ signing }: Needs, connection: Connection): Promise<string[]> {
  const template = signing && (await templateOf(webhookTemplate, connection));
  // A missing template is said as such.
  if (!template || template.inputs_schema.some(({ key }) => key === "signing_secret")) return [];
  return [
    "it cannot sign webhooks, which PostHog does since August 2026. Update PostHog; or do without: " +
      "`webhook` and no `signing_secret` instead of `handlers`, which always sign.",
  ];
}

async function missingGroups({ groups = [] }: Needs, connection: Connection): Promise<string[]> {
  if (groups.length === 0) return [];
  const lack = missingGroupTypes(groups, await connection.groupTypes());
  return lack === undefined ? [] : [`it ${lack}`];
}

async function templateOf(id: string, connection: Connection): Promise<Template | undefined> {
  try {
    return await connection.template(id);
  } catch (error) {
    if (error instanceof PostHogError && error.code === "no_template") return undefined;
    throw error;
  }
}
