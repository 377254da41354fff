import * as pulumi from "@pulumi/pulumi";
import type { Code } from "./spec/codes.ts";
import type { Diagnostic } from "./spec/diagnostic.ts";

/** What the stack's configuration says (design §4, Configuration). */
export type Configuration = {
  host: string;
  projectId: string;
  signingKey: string;
  signingGeneration: number;
  receiver: "process" | "none";
  /** Only destinations with handlers need it, and say so. */
  receiverUrl: string | undefined;
};

/** Fixed, so that the project may be renamed. */
const namespace = "hogwire";

const newSigningKey = `node -e 'console.log(crypto.randomBytes(32).toString("base64"))' | npx pulumi config set ${namespace}:signingKey --secret`;

/** A value of the stack's configuration, secret or not, in clear. */
export function setting(key: string): string | undefined {
  return pulumi.runtime.getConfig(`${namespace}:${key}`);
}

/** The same with its type: Pulumi keeps text, so `5`, `true` and maps are read as JSON. */
export function typedSetting(key: string): unknown {
  const text = setting(key);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether a value was set with `--secret`: the engine names those keys to the program. */
export function isSecret(key: string): boolean {
  const keys: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
  return Array.isArray(keys) && keys.includes(`${namespace}:${key}`);
}

/** What a handler lacks, as a diagnostic: some end in a command, which is for this stack. */
export function missingSetting(problem: string): Diagnostic {
  const message = problem.includes("npx pulumi config set")
    ? `${problem} --stack ${pulumi.getStack()}`
    : problem;
  return { code: "HW020", severity: "error", message };
}

/** Stands for what is missing or wrong, so that the files are checked in the same run; nothing is applied with it. */
const unset = "unset";

/** Everything wrong with the configuration is said at once; the values are usable only when nothing is. */
export function readConfiguration(): { configuration: Configuration; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const stack = pulumi.getStack();

  function report(code: Code, message: string, hint: string): string {
    diagnostics.push({ code, severity: "error", message, hint });
    return unset;
  }
  function required(key: string, command: string): string {
    return (
      setting(key) ??
      report("HW020", `The stack '${stack}' has no ${namespace}:${key}`, `${command} --stack ${stack}`)
    );
  }

  const host = setting("host") ?? "https://us.posthog.com";
  if (!/^https?:\/\/[^/]/.test(host) || !URL.canParse(host)) {
    report(
      "HW025",
      `${namespace}:host is not an http or https address`,
      `npx pulumi config set ${namespace}:host https://us.posthog.com --stack ${stack}`,
    );
  }
  const receiver = setting("receiver") ?? "process";
  if (receiver !== "process" && receiver !== "none") {
    report(
      "HW025",
      `${namespace}:receiver is '${receiver}'`,
      `Use process or none: npx pulumi config set ${namespace}:receiver process --stack ${stack}`,
    );
  }
  const generation = Number(setting("signingGeneration") ?? "1");
  if (!Number.isInteger(generation) || generation < 1) {
    report(
      "HW025",
      `${namespace}:signingGeneration is not a whole number from 1 up`,
      `npx pulumi config set ${namespace}:signingGeneration 1 --stack ${stack}`,
    );
  }
  if (!process.env.POSTHOG_API_KEY) required("apiKey", `npx pulumi config set ${namespace}:apiKey --secret`);
  for (const key of ["apiKey", "signingKey"]) {
    if (setting(key) === undefined || isSecret(key)) continue;
    report(
      "HW025",
      `${namespace}:${key} is in clear in the stack's configuration`,
      `Set it again with --secret, and change it if the file was shared: npx pulumi config set ${namespace}:${key} --secret --stack ${stack}`,
    );
  }

  const signingKey = required("signingKey", newSigningKey);
  if (signingKey !== unset && !/^[\w+/=-]{32,}$/.test(signingKey)) {
    report(
      "HW025",
      `${namespace}:signingKey is not the base64 of 24 bytes or more`,
      `${newSigningKey} --stack ${stack}`,
    );
  }

  const configuration: Configuration = {
    host: host.replace(/\/+$/, ""),
    projectId: required("projectId", `npx pulumi config set ${namespace}:projectId 12345`),
    signingKey,
    signingGeneration: generation,
    receiver: receiver === "none" ? "none" : "process",
    receiverUrl: setting("receiverUrl"),
  };
  return { configuration, diagnostics };
}
