import { PostHogError } from "../posthog/errors.ts";
import { createClient, type PostHogClient } from "../posthog/http.ts";
import { createLimiter } from "../posthog/limiter.ts";
import { getTemplate } from "../posthog/templates.ts";
import { inspectToolchain } from "../toolchain/doctor.js";
import { CommandError, cross, type Outcome, tick } from "./output.ts";
import { configuration } from "./pulumi.ts";

/** One thing that was looked at; `found` is what was seen, `hint` what to do when it is not right. */
export type Finding = { name: string; ok: boolean; found: string; hint?: string };

type Config = Record<string, string | undefined>;

/** `hogwire doctor`: looks, and changes nothing. */
export async function doctor(stack: string): Promise<Outcome> {
  const findings: Finding[] = [...(await inspectToolchain(stack))];
  const config = await configuration(stack, "--show-secrets").catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    findings.push({ name: `Stack ${stack}`, ok: false, found: error.message });
  });
  if (config) findings.push(...(await inspectPostHog(config, stack)), await inspectReceiver(config, stack));
  const ok = findings.every((finding) => finding.ok);
  const width = Math.max(...findings.map(({ name }) => name.length));
  return {
    exitCode: ok ? 0 : 1,
    data: findings,
    text: findings.map((finding) => describe(finding, width)).join("\n"),
  };
}

async function inspectPostHog(config: Config, stack: string): Promise<Finding[]> {
  const { host = "https://us.posthog.com", projectId } = config;
  const apiKey = process.env.POSTHOG_API_KEY || config.apiKey;
  const missing = [!projectId && "projectId", !apiKey && "apiKey", !config.signingKey && "signingKey"].filter(
    Boolean,
  );
  if (!projectId || !apiKey || missing.length > 0) {
    const secret = missing[0] === "projectId" ? "" : " --secret";
    const hint = `docs/2-production.md, part 2: npx pulumi config set hogwire:${missing[0]}${secret} --stack ${stack}`;
    return [{ name: "Configuration", ok: false, found: `missing: ${missing.join(", ")}`, hint }];
  }
  const client = createClient({ host, project: projectId, apiKey, limiter: createLimiter({ host }) });
  const from = process.env.POSTHOG_API_KEY ? "POSTHOG_API_KEY" : "apiKey of the stack";
  return [
    await attempt(`PostHog ${host}`, async () => {
      await client.get("hog_functions/", { type: "destination", limit: "1" });
      return `project ${projectId} can be read with ${from}`;
    }),
    await attempt("Permission", async () => {
      await mayWrite(client);
      return "the key may write destinations";
    }),
    await attempt("Webhook template", async () => {
      const { inputs_schema } = await getTemplate(client, "template-webhook");
      if (!inputs_schema.some(({ key }) => key === "signing_secret")) {
        throw new Error(
          "it cannot sign: this PostHog is older than August 2026, and `handlers` need signatures",
        );
      }
      return "there, and can sign";
    }),
  ];
}

/** A write that can change nothing: there is no such destination. */
async function mayWrite(client: PostHogClient): Promise<void> {
  try {
    await client.patch("hog_functions/00000000-0000-0000-0000-000000000000/", {});
  } catch (error) {
    if (!(error instanceof PostHogError && error.gone)) throw error;
  }
}

async function inspectReceiver(config: Config, stack: string): Promise<Finding> {
  const { receiver = "process", receiverUrl } = config;
  if (!receiverUrl) return { name: "Receiver", ok: true, found: "none configured (hogwire:receiverUrl)" };
  const here = stack === "dev" ? "npm start starts it." : restart(stack);
  const hint = receiver === "none" ? "Start it: docs/2-production.md, part 4." : here;
  return attempt(
    `Receiver ${receiverUrl}`,
    async () => {
      const signal = AbortSignal.timeout(5_000);
      const response = await fetch(`${receiverUrl}/readyz`, { signal }).catch((cause: unknown) => {
        throw new Error("does not answer", { cause });
      });
      if (!response.ok) throw new Error(`answers ${response.status}`);
      return "ready";
    },
    hint,
  );
}

/** An `up` without a change starts nothing, also after a reboot. */
function restart(stack: string): string {
  return (
    `Start it again: npx pulumi stack output receiverEnvironmentFile --show-secrets --stack ${stack} > receiver.env; ` +
    "npx node --env-file=receiver.env infra/deploy/ensure.ts start; rm receiver.env"
  );
}

async function attempt(name: string, action: () => Promise<string>, hint?: string): Promise<Finding> {
  try {
    return { name, ok: true, found: await action() };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name, ok: false, found, ...(hint !== undefined && { hint }) };
  }
}

function describe({ name, ok, found, hint }: Finding, width: number): string {
  const indent = " ".repeat(width + 4);
  const text = `${ok ? tick() : cross()} ${name.padEnd(width)}  ${found.replaceAll("\n", `\n${indent}`)}`;
  return hint === undefined || ok ? text : `${text}\n${indent}${hint}`;
}
