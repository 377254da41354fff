import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { readEnvironment } from "./configuration.ts";
import { InboxError } from "./inbox.ts";
import { ConfigurationError, createReceiver } from "./index.ts";
import { loadHandlers } from "./load-handlers.ts";
import { createLog, describeError } from "./log.ts";
import { pidFile } from "./pid-file.ts";
import { SqliteInbox } from "./sqlite.ts";

/** How long requests and handlers may go on after SIGTERM; whatever starts us waits longer before it kills. */
const drainDeadline = 10_000;
const handlersFolder = new URL("../../destinations/handlers/", import.meta.url);

const log = createLog((line) => process.stdout.write(`${line}\n`));

// A stray throw in a handler (from a timer, or a promise nobody awaits) must not stop deliveries from being taken:
// what is committed stays true.
process.on("uncaughtException", (error) => log.error("uncaught", { error: describeError(error, log) }));
// Nor may a log that cannot be written, on a full disk say.
process.stdout.on("error", () => {});

try {
  await run();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof ConfigurationError ? 2 : 1;
}

async function run(): Promise<void> {
  const environment = readEnvironment(process.env);
  const { HOGWIRE_HOST: host, HOGWIRE_ROUTES: routes } = environment;
  const handlers = await loadHandlers(handlersFolder, Object.values(routes).flat());
  const inbox = new SqliteInbox(environment.HOGWIRE_DATA);
  const pid = pidFile(environment.HOGWIRE_DATA);
  writeFileSync(pid, `${process.pid}\n`, { mode: 0o600 });
  const receiver = createReceiver({
    routes,
    handlers,
    settings: environment.HOGWIRE_SETTINGS,
    signing: { key: environment.HOGWIRE_SIGNING_KEY, generation: environment.HOGWIRE_SIGNING_GENERATION },
    inbox,
    log,
    ...(environment.HOGWIRE_VERSION !== undefined && { version: environment.HOGWIRE_VERSION }),
  });

  const server = createServer(getRequestListener(receiver.fetch, { overrideGlobalObjects: false }));
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000; // Node applies the longer of the two to the body
  server.listen(environment.HOGWIRE_PORT, host);
  await once(server, "listening");
  receiver.start();
  const address = server.address();
  const port = typeof address === "object" ? address?.port : environment.HOGWIRE_PORT;
  log.info("listening", { url: `http://${host}:${port}`, destinations: Object.keys(routes) });

  const tell = () => log.error("the process ended without being told to: a handler called process.exit?");
  process.once("exit", tell);
  const signal = await Promise.race(
    ["SIGTERM", "SIGINT"].map((name) => once(process, name).then(() => name)),
  );
  process.off("exit", tell);
  log.info("draining", { signal });
  const closed = once(server, "close");
  server.close();
  await Promise.all([
    receiver.stop(drainDeadline),
    Promise.race([closed, wait(drainDeadline, undefined, { ref: false })]),
  ]);
  server.closeAllConnections();
  rmSync(pid, { force: true }); // while the inbox is still ours
  await inbox.close();
  log.info("stopped");
}

/** What somebody can do about it, in a sentence; a stack only for what nobody expected. */
function explain(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof InboxError) return error.message;
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
    return `${"address" in error ? error.address : ""}:${"port" in error ? error.port : ""} is in use: stop what listens there, or choose another port with HOGWIRE_PORT.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
