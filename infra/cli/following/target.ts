import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PostHogError } from "../../posthog/errors.ts";
import { listHogFunctions } from "../../posthog/hog-function-list.ts";
import type { HogFunction } from "../../posthog/hog-functions.ts";
import { createClient, type PostHogClient } from "../../posthog/http.ts";
import { createLimiter } from "../../posthog/limiter.ts";
import { ownerOf } from "../../wire/marker.ts";
import { CommandError } from "../output.ts";
import { root } from "../paths.ts";
import { configuration } from "../pulumi.ts";
import type { Witness } from "./journey.ts";
import { createLocalFilter, type LocalFilter } from "./local-filter.ts";
import { postHogWitness } from "./posthog-witness.ts";
import { isSandbox, sandboxWitness } from "./sandbox-witness.ts";

/** A destination of this stack, as PostHog has it. */
export type Destination = {
  slug: string;
  id: string;
  name: string;
  enabled: boolean;
  filters: Record<string, unknown>;
  /** It sends to the receiver that this project deploys. */
  isOurs: boolean;
};

/** The PostHog of a stack, and what this stack has there. */
export type Target = {
  stack: string;
  host: string;
  /** The project's own, with which events are captured. */
  token: string;
  client: PostHogClient;
  project: ProjectDetails;
  destinations: Destination[];
  isSandbox: boolean;
  filter: LocalFilter;
  witness: Witness;
};

const projectDetails = z.object({
  id: z.number(),
  name: z.string().catch(""),
  api_token: z.string().optional(),
  test_account_filters: z.array(z.looseObject({ key: z.string() })).catch([]),
});
export type ProjectDetails = z.output<typeof projectDetails>;

/** Finds out all that is needed to follow an event. Throws a `CommandError` that says what is missing. */
export async function openTarget(stack: string): Promise<Target> {
  const config = await configuration(stack, "--show-secrets");
  const host = (config.host ?? "https://us.posthog.com").replace(/\/+$/, "");
  const apiKey = process.env.POSTHOG_API_KEY || config.apiKey;
  const { projectId, receiverUrl } = config;
  if (!projectId || !apiKey) {
    throw new CommandError(
      `The stack '${stack}' is not set up: npx hogwire doctor -s ${stack} says what is missing.`,
    );
  }
  const client = createClient({ host, project: projectId, apiKey, limiter: createLimiter({ host }) });
  try {
    const [rows, project, local] = await Promise.all([
      listHogFunctions(client),
      readProject(client),
      isSandbox(host),
    ]);
    const token = process.env.POSTHOG_PROJECT_TOKEN || project.api_token;
    if (!token) throw noToken();
    const destinations = [...rows.values()].flatMap((row) => destinationOf(row, stack, receiverUrl));
    if (destinations.length === 0) {
      const apply = stack === "dev" ? "npm run up" : `npx pulumi up -s ${stack}`;
      throw new CommandError(`PostHog has no destination of the stack '${stack}': ${apply}`);
    }
    const filter = createLocalFilter(client, project.test_account_filters);
    const witness = local ? sandboxWitness(host) : postHogWitness(client, filter);
    return { stack, host, token, client, project, destinations, isSandbox: local, filter, witness };
  } catch (error) {
    throw error instanceof PostHogError ? new CommandError(error.message, { cause: error }) : error;
  }
}

/** Needs the scope `project:read`; without it the token has to be given. */
async function readProject(client: PostHogClient): Promise<ProjectDetails> {
  const id = Number(client.project);
  try {
    return projectDetails.parse(await client.get(""));
  } catch (error) {
    const isRefused = error instanceof PostHogError && [403, 404].includes(error.status);
    if (!isRefused || !process.env.POSTHOG_PROJECT_TOKEN) throw isRefused ? noToken(error) : error;
    return { id, name: "", test_account_filters: [] };
  }
}

function noToken(cause?: unknown): CommandError {
  return new CommandError(
    "Events are captured with the project's token, which the API key may not read: give the key the scope project:read, " +
      "or set the environment variable POSTHOG_PROJECT_TOKEN (in PostHog: Settings, Project, Project token).",
    { cause },
  );
}

/** By our marker, whose last part is the slug. */
function destinationOf(row: HogFunction, stack: string, receiverUrl: string | undefined): Destination[] {
  const owner = ownerOf(row.description);
  const prefix = `${projectName()}/${stack}/`;
  if (!owner?.startsWith(prefix)) return [];
  const slug = owner.slice(prefix.length);
  const { id, name, enabled, filters } = row;
  const url = receiverUrl && `${receiverUrl.replace(/\/+$/, "")}/d/${slug}`;
  const isOurs = url !== undefined && row.inputs.url?.value === url;
  return [{ slug, id, name, enabled, filters, isOurs }];
}

function projectName(): string {
  const file = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { name: string }; // Pulumi does not run without
  return file.name;
}
