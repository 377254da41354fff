import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { onTestFinished } from "vitest";
import { parse } from "yaml";
import { isSecret, readConfiguration, setting, typedSetting } from "../configuration.ts";
import { loadHandlers } from "../receiver/load-handlers.ts";
import { signingSecret } from "../receiver/signing-secret.ts";
import { checkProject } from "../spec/check.ts";
import type { Code } from "../spec/codes.ts";
import { type Diagnostic, tidy } from "../spec/diagnostic.ts";
import { unhandledEvents } from "../spec/handled-events.ts";
import { loadProject } from "../spec/load.ts";
import { lowerProject } from "../spec/project.ts";
import type { ExampleFile } from "./rule-pages.ts";

/** A project with the files of an example; it goes with the test. */
export function createExample(files: ExampleFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-rule-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const handlers = ["crm", "notify"].map((name) => ({
    file: `destinations/handlers/${name}.ts`,
    text: "",
    encoding: "utf8" as const,
  }));
  for (const { file, text, encoding } of [...handlers, ...files]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text, encoding);
  }
  symlinkSync(resolve(import.meta.dirname, ".."), join(folder, "infra")); // what a handler imports
  return folder;
}

/** What the example's reader is told: by the program where a stack is shown, else by `check`. */
export async function diagnose(folder: string, files: ExampleFile[], without: Code[]): Promise<Diagnostic[]> {
  const stack = files.flatMap(({ file }) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])[0];
  if (stack === undefined) return (await checkProject(folder, undefined, { without })).diagnostics;
  return tidy(await runProgram(folder, stack, without));
}

/** As `infra/index.ts` does before it registers anything. */
async function runProgram(folder: string, stack: string, without: Code[]): Promise<Diagnostic[]> {
  configure(readFileSync(join(folder, `Pulumi.${stack}.yaml`), "utf8"), stack);
  const { configuration, diagnostics } = readConfiguration();
  const lowered = lowerProject(await loadProject(folder), {
    stack,
    without,
    resolver: { config: typedSetting, secret: setting, isSecret },
    receiverUrl: configuration.receiverUrl,
    signingSecret: (slug) => signingSecret(configuration.signingKey, slug, configuration.signingGeneration),
  });
  // Handlers that are no code here are not the point of the example.
  const names = lowered.destinations
    .flatMap(({ handlers }) => handlers)
    .filter((name) => readFileSync(join(folder, `destinations/handlers/${name}.ts`), "utf8") !== "");
  const handlers = await loadHandlers(pathToFileURL(join(folder, "destinations/handlers/")), names);
  const handles = Object.fromEntries(
    lowered.destinations.flatMap((destination) =>
      destination.handlers.map((name) => [name, Object.keys(handlers[name]?.on ?? { "*": true })]),
    ),
  );
  return [...diagnostics, ...lowered.diagnostics, ...unhandledEvents(lowered, handles)];
}

// What every stack has; a page shows the rest.
const EVERY_STACK = { "hogwire:projectId": "1" };
const EVERY_SECRET = { "hogwire:apiKey": "phx_example", "hogwire:signingKey": "A".repeat(44) };

/** The stack's configuration as Pulumi gives it to the program; what is `secure` stands there in clear. */
function configure(file: string, stack: string): void {
  const written: { config?: Record<string, unknown> } = parse(file);
  const secrets: Record<string, string> = { ...EVERY_SECRET };
  const plain: Record<string, string> = { ...EVERY_STACK };
  for (const [key, value] of Object.entries(written.config ?? {})) {
    delete secrets[key];
    const secure: unknown =
      typeof value === "object" && value !== null && "secure" in value ? value.secure : undefined;
    if (secure !== undefined) secrets[key] = String(secure);
    else plain[key] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  pulumi.runtime.setMocks(
    { newResource: ({ id = "", inputs }) => ({ id, state: inputs }), call: () => ({}) },
    "hogwire",
    stack,
  );
  pulumi.runtime.setAllConfig({ ...plain, ...secrets }, Object.keys(secrets));
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(Object.keys(secrets));
}
