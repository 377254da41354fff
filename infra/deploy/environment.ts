import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { resolveSettings } from "../receiver/define-handler.ts";
import { ConfigurationError } from "../receiver/index.ts";
import { loadHandlers } from "../receiver/load-handlers.ts";
import type { ReceiverEnvironment } from "./ensure.ts";

const root = resolve(import.meta.dirname, "../..");
const handlersFolder = new URL("../../destinations/handlers/", import.meta.url);

export type ReceiverSettings = {
  stack: string;
  /** Destination to the names of its handlers. */
  routes: Record<string, string[]>;
  receiverUrl: string | undefined;
  signingKey: string;
  signingGeneration: number;
  /** A value of the stack's configuration. */
  setting: (key: string) => string | undefined;
};

/**
 * What a receiver reads at its start (`infra/receiver/configuration.ts`), with only those values of the stack's
 * configuration that its handlers ask for, what it lacks to start, a sentence each, and which events each
 * handler has an entry for.
 */
export async function receiverEnvironment(
  settings: ReceiverSettings,
): Promise<{ environment: ReceiverEnvironment; problems: string[]; handles: Record<string, string[]> }> {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const names = Object.values(settings.routes).flat();
  const handlers = await loadHandlers(handlersFolder, names).catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return {};
  });
  const handles: Record<string, string[]> = {};
  for (const [name, handler] of Object.entries(handlers)) {
    handles[name] = Object.keys(handler.on);
    for (const key of [...handler.secrets, ...Object.keys(handler.config)]) {
      const value = settings.setting(key);
      if (value !== undefined) values[key] = value;
    }
    problems.push(...resolveSettings(name, handler, values).problems);
  }
  const environment = {
    HOGWIRE_HOST: "127.0.0.1",
    HOGWIRE_PORT: settings.setting("receiverPort") ?? listeningPort(settings.receiverUrl),
    HOGWIRE_DATA: `.data/${settings.stack}`,
    HOGWIRE_ROUTES: JSON.stringify(settings.routes),
    HOGWIRE_SETTINGS: JSON.stringify(values),
    HOGWIRE_SIGNING_KEY: settings.signingKey,
    HOGWIRE_SIGNING_GENERATION: String(settings.signingGeneration),
    HOGWIRE_CODE: codeHash(),
  };
  return { environment, problems, handles };
}

/** An address of this machine is listened on; any other is brought to the default port by a proxy or tunnel. */
function listeningPort(receiverUrl = ""): string {
  const here = /^http:\/\/(?:127\.0\.0\.1|localhost)(?::(\d+))?(?:\/|$)/.exec(receiverUrl);
  return here ? (here[1] ?? "80") : "4200";
}

/** The same as a file for `node --env-file`. JSON can spell the quote that the file needs for itself. */
export function environmentFile(environment: ReceiverEnvironment): string {
  return Object.entries(environment)
    .map(([key, value]) => `${key}='${value.replaceAll("'", "\\u0027")}'\n`)
    .join("");
}

/** Changes with the code of the receiver and its handlers and with the packages they use: then it is restarted. */
function codeHash(): string {
  const hash = createHash("sha256");
  const files = globSync(["infra/receiver/**/*.ts", "destinations/**/*.{ts,js,json}", "package-lock.json"], {
    cwd: root,
  });
  for (const file of files.filter((name) => !/\.test\.|\/testing\.ts$|\.contract\.ts$/.test(name)).sort()) {
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}
