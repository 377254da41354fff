import { resolve } from "node:path";
import { createAdaptorServer, type HttpBindings, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { createCompiler } from "../hog/compile.ts";
import type { FilterContext } from "../hog/types.ts";
import { Actions } from "./actions/actions.ts";
import { apiRoutes } from "./api.ts";
import { type Clock, systemClock } from "./clock.ts";
import { consoleRoutes } from "./console/console.ts";
import type { ReceiverView, SampleEvent } from "./console/receiver-view.ts";
import { controlRoutes } from "./control/control.ts";
import { Faults } from "./control/faults.ts";
import { RequestLog } from "./control/request-log.ts";
import { runtimeControl } from "./control/runtime-control.ts";
import { openDatabase } from "./database.ts";
import { captureRoutes } from "./events/capture.ts";
import { Events } from "./events/events.ts";
import { Persons } from "./events/persons.ts";
import { HogFunctions } from "./functions/hog-functions.ts";
import type { ApiKey } from "./http/access.ts";
import { ApiError, notFound, serverError } from "./http/api-error.ts";
import { refuseForeignHost, refuseForeignOrigin } from "./http/guard.ts";
import { newProjectsFilters, TestAccountFilters } from "./project/test-account-filters.ts";
import { createCdp } from "./runtime/cdp.ts";
import { initialSettings } from "./runtime/settings.ts";
import { partnerHosts, partnerRoutes } from "./sending/partners.ts";
import type { StandIns } from "./sending/stand-ins.ts";
import { allTemplates } from "./templates/all.ts";
import type { HogTemplate, Templates } from "./templates/template-routes.ts";
import type { WebhookVariant } from "./templates/webhook.ts";

export const projectId = 1;
export const projectToken = "phc_sandbox";
export const personalApiKey = "phx_sandbox";

export type SandboxOptions = {
  /** 0 takes a free one. */
  port: number;
  /** A folder, made if missing, or ":memory:". */
  data: string;
  /** Keys besides `phx_sandbox`, which may do everything; each may have a user of its own. */
  keys?: Record<string, ApiKey>;
  /** PostHog's limits for each key (contract §6.7); off unless told. */
  rateLimits?: boolean;
  /** Contract §11.8; "accept" unless told. */
  unknownGlobals?: "accept" | "refuse";
  /** Contract §11.4; "spaced" unless told. */
  retries?: "spaced" | "back-to-back";
  /** Deliver to other machines too; only to this one unless told. */
  sendsAnywhere?: boolean;
  /**
   * A PostHog of before signing, drafts, versions and the projects path (contract §1.1, §1.4, §2.2): only
   * `/api/environments/`, with a slash at the end.
   */
  old?: boolean;
  /** The webhook template's form (contract §2.2); "fails-from-300" unless told, and "unchecked" on an old PostHog. */
  webhookVariant?: WebhookVariant;
  /** Templates besides the sandbox's own; one with the id of such takes its place. */
  templates?: HogTemplate[];
  /** A self-hosted PostHog whose templates were never synced has none (contract §1.12). */
  hasNoTemplates?: true;
  /** Hosts that another address answers for, by name; unless deliveries may leave, Slack's and HubSpot's have one here. */
  standIns?: StandIns;
  /** Group types of the project before any event, in the order of their index. */
  groupTypes?: string[];
  /** What filters refer to, besides the actions made over the API; PostHog's own test-account filter unless told. */
  project?: FilterContext;
  /** Begins with a month of an invented product's events, those of this number; only where there are no events yet. */
  seed?: number;
  /** What the console shows of the receiver that runs beside it. */
  receiver?: ReceiverView;
  /** The project's own samples, for the console's form. */
  samples?: () => Promise<SampleEvent[]>;
  clock?: Clock;
  random?: () => number;
};

/** `seeded`: how many events it began with. */
export type Sandbox = { url: string; port: number; seeded: number; close(): Promise<void> };

/** Starts a PostHog on 127.0.0.1 with one project, and goes on with what an earlier one left in `data`. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const {
    clock = systemClock,
    random = Math.random,
    unknownGlobals = "accept",
    retries = "spaced",
    sendsAnywhere = false,
  } = options;
  const compiler = await createCompiler();
  const database = openDatabase(options.data);
  const app = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((listening, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", listening);
  }).catch((error: unknown) => {
    database.close();
    throw error;
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const url = `http://127.0.0.1:${address.port}`;

  const isOld = options.old === true;
  const webhookVariant = options.webhookVariant ?? (isOld ? "unchecked" : "fails-from-300");
  const templates: Templates = options.hasNoTemplates
    ? new Map()
    : allTemplates(webhookVariant, options.templates);
  const events = new Events(database, clock);
  const actions = new Actions(database, clock);
  const functions = new HogFunctions(database, clock);
  const persons = new Persons(database);
  persons.declareGroupTypes(options.groupTypes ?? []);
  const seeded =
    options.seed === undefined
      ? 0
      : (await import("./seed/fill.ts")).fillWithMonth(database, options.seed, clock.now());
  const given: FilterContext = options.project ?? {};
  const ownFilters = options.project ? (given.testAccountFilters ?? []) : newProjectsFilters;
  const testAccounts = new TestAccountFilters(database, ownFilters);
  const context = {
    compiler,
    templates,
    unknownGlobals,
    isOld,
    // as it is when a function is saved
    get project(): FilterContext {
      const known = new Map([...(given.actions ?? []), ...actions.steps()]);
      return { ...given, testAccountFilters: testAccounts.get(), actions: known };
    },
  };
  const requests = new RequestLog();
  const closing = new AbortController();
  const faults = new Faults(clock, closing.signal);
  const eventProject = { id: projectId, name: "Sandbox", url: `${url}/project/${projectId}` };
  const cdp = createCdp({
    database,
    clock,
    random,
    settings: { ...initialSettings, retries, signing: isOld ? "unknown" : "known" },
    sendsAnywhere,
    faults,
    standIns: { ...(sendsAnywhere ? {} : partnerHosts(url)), ...options.standIns },
    ownCapture: { origin: url, token: projectToken },
    project: eventProject,
    events,
    functions,
    persons,
    actions,
    context,
  });
  const wake = () => cdp.runtime.wake();
  const data = options.data === ":memory:" ? options.data : resolve(options.data);
  const keys = new Map<string, ApiKey>([
    [personalApiKey, { scopes: ["*"] }],
    ...Object.entries(options.keys ?? {}),
  ]);

  app.use(refuseForeignHost);
  app.use("/_sandbox/*", refuseForeignOrigin).use("/_partners/*", refuseForeignOrigin);
  app.route("/_sandbox/faults", faults.routes());
  app.route("/_sandbox", controlRoutes({ data, projectId, clock, events, trace: cdp.trace, requests, wake }));
  app.route("/_sandbox", runtimeControl(cdp, testAccounts));
  app.route(
    "/",
    consoleRoutes({
      url,
      projectToken,
      projectId,
      compiler,
      templates,
      cdp,
      receiver: options.receiver,
      samples: options.samples ?? (async () => []),
    }),
  );
  app.use(requests.middleware(clock.now)).use(faults.middleware());
  app.route("/_partners", partnerRoutes(clock.now));
  app.route(
    "/",
    captureRoutes({
      token: projectToken,
      clock,
      store(captured) {
        events.add(captured);
        wake();
      },
    }),
  );

  const hasLimits = options.rateLimits === true;
  app.route("/api", apiRoutes(cdp, { keys, hasLimits, projectToken, testAccounts, closing: closing.signal }));

  app.notFound(() => answer(notFound("Endpoint not found.")));
  app.onError((error) => {
    if (!(error instanceof ApiError || closing.signal.aborted)) console.error(error);
    return answer(error instanceof ApiError ? error : serverError());
  });
  wake();

  return {
    url,
    port: address.port,
    seeded,
    async close() {
      closing.abort();
      await Promise.all([closeServer(server), cdp.close()]);
      database.close();
    },
  };
}

/** Requests under way have a second to end. */
async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  const cut = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(cut);
}

function answer({ status, body, headers }: ApiError): Response {
  return Response.json(body, { status, headers });
}
