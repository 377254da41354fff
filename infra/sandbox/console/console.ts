import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import type { HogCompiler } from "../../hog/compile.ts";
import { refuseForeignOrigin } from "../http/guard.ts";
import type { Cdp } from "../runtime/cdp.ts";
import type { HogTemplate } from "../templates/template-routes.ts";
import { destinationPage } from "./destination-page.ts";
import { Destinations } from "./destinations.ts";
import { graphOf, type Placed, place } from "./diagram.ts";
import { diagramPage } from "./diagram-page.ts";
import { actual, eventPage, type Followed, noEvent } from "./event-page.ts";
import { eventsPage } from "./events-page.ts";
import { Unhandled } from "./handling.ts";
import { deliveryPage, inboxPage, noReceiverPage } from "./inbox-page.ts";
import { failedPage, notFoundPage, type Page } from "./layout.ts";
import { overviewPage } from "./overview-page.ts";
import { ownForm } from "./own-form.ts";
import { type EventRow, ReadModel } from "./read-model.ts";
import type { ReceiverView, SampleEvent } from "./receiver-view.ts";
import { emptyForm, fromEvent, fromSample, readForm, toCaptures } from "./send-form.ts";
import { sendPage } from "./send-page.ts";

type ConsoleOptions = {
  /** The sandbox's own: an event goes in by the same door as an application's. */
  url: string;
  projectToken: string;
  projectId: number;
  compiler: HogCompiler;
  templates: ReadonlyMap<string, HogTemplate>;
  cdp: Cdp;
  receiver: ReceiverView | undefined;
  samples: () => Promise<SampleEvent[]>;
};

const perPage = 40;
const assets = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
const paths = [
  "/",
  "/destinations/*",
  "/events/*",
  "/send",
  "/inbox/*",
  "/diagram",
  "/live",
  ...Object.keys(assets).map((type) => `/console.${type}`),
];
const noHandlers: ReadonlyMap<string, string[]> = new Map();

/**
 * The console: pages for people at `/`. All that a page shows is somebody else's text, so it goes through `html`, and
 * nothing inline may run. What changes something is a POST from one of its own pages, with this process's token.
 */
export function consoleRoutes(options: ConsoleOptions): Hono {
  const { url, projectToken, projectId, compiler, templates, cdp, receiver, samples } = options;
  const { clock, trace, whyNot, logs } = cdp;
  const read = new ReadModel(cdp);
  const destinations = new Destinations({ ...cdp, compiler, templates });
  const token = randomBytes(24).toString("base64url");
  const routes = new Hono();
  for (const path of paths) {
    routes.use(path, guarded, notKept, refuseForeignOrigin);
    routes.post(path, bodyLimit({ maxSize: 1_000_000 }), ownForm(token));
  }

  routes.get("/", async (c) => {
    const all = destinations.list();
    const unhandled = unhandledNow();
    const latest = withHandling(read.events({ limit: 5 }), unhandled);
    const handlers = await handlersOf();
    return show(
      c,
      overviewPage({
        destinations: all,
        counts: read.counts(),
        handlers,
        notHandled: unhandled.counts,
        latest,
        names: read.names(),
        now: clock.now(),
      }),
    );
  });

  routes.get("/destinations/:id", async (c) => {
    const destination = destinations.get(c.req.param("id"));
    if (!destination) return show(c, notFoundPage("There is no such destination."), 404);
    const { id, slug } = destination;
    const unhandled = unhandledNow();
    const detail = {
      notHandled: unhandled.counts.get(slug ?? ""),
      sent: read.runs(id, 20).map((run) => ({ ...run, ...unhandled.state(slug, run.uuid) })),
      notMatched: read.refused(id, 10).map((run) => {
        const { condition, reason } = whyNot(id, run.row) ?? {};
        const stored = read.event(run.uuid);
        const property = condition && destinations.propertyOf(id, condition);
        return { ...run, condition, reason, actual: stored && actual(property, stored) };
      }),
      logs: logs.read({ functionId: id, limit: 50 }),
    };
    const handlers = await handlersOf();
    return show(
      c,
      destinationPage({ destination, counts: read.counts().get(id), handlers, ...detail, now: clock.now() }),
    );
  });

  routes.get("/events", (c) => {
    const before = Number(c.req.query("before")) || undefined;
    const search = c.req.query("search")?.trim() ?? "";
    const found = read.events({ limit: perPage + 1, before, search });
    const shown = withHandling(found.slice(0, perPage), unhandledNow());
    const next = found.length > perPage ? shown.at(-1)?.row : undefined;
    return show(
      c,
      eventsPage({ events: shown, next, before, search, names: read.names(), now: clock.now() }),
    );
  });

  routes.get("/events/:uuid", (c) => {
    const found = followed(c.req.param("uuid"));
    if (!found) return show(c, noEvent(c.req.param("uuid")), 404);
    return show(c, eventPage(found, clock.now()));
  });

  routes.get("/send", async (c) => {
    const { again, sent, sample } = c.req.query();
    const given = await samples();
    const from = followed(sent ?? again ?? "");
    const chosen = given[Number(sample)];
    const form = from
      ? fromEvent(from.trace.event, from.trace.distinct_id, from.stored)
      : chosen
        ? fromSample(chosen)
        : emptyForm;
    return show(c, sending({ form, samples: given, sent: sent === undefined ? undefined : from }));
  });

  routes.post("/send", async (c) => {
    const form = readForm(await c.req.parseBody());
    const uuid = randomUUID();
    const made = toCaptures(form, uuid);
    if ("errors" in made)
      return show(c, sending({ form, samples: await samples(), errors: made.errors }), 422);
    for (const event of made.captures) {
      const answer = await fetch(`${url}/i/v0/e/`, {
        method: "POST",
        body: JSON.stringify({ api_key: projectToken, ...event }),
      });
      if (answer.ok) continue;
      const refused = `Capture answered ${answer.status}: ${await answer.text()}`;
      return show(c, sending({ form, samples: await samples(), refused }), 502);
    }
    return c.redirect(`/send?sent=${uuid}`, 303);
  });

  routes.get("/inbox", (c) => {
    if (!receiver) return show(c, noReceiverPage());
    const replayed = c.req.query("replayed");
    return show(
      c,
      inboxPage({
        stack: receiver.stack,
        running: receiver.running(),
        dead: receiver.list({ state: "dead", limit: 100 }),
        latest: receiver.list({ limit: 50 }).filter(({ state }) => state !== "dead"),
        token,
        replayed: replayed === undefined ? undefined : receiver.show(replayed),
        now: clock.now(),
      }),
    );
  });

  routes.get("/inbox/:id", (c) => {
    const delivery = receiver?.show(c.req.param("id"));
    if (!delivery) return show(c, notFoundPage("The inbox has no such delivery."), 404);
    return show(c, deliveryPage(delivery, token, clock.now()));
  });

  routes.post("/inbox/:id/replay", (c) => {
    const id = c.req.param("id");
    if (!receiver?.show(id)) return show(c, notFoundPage("The inbox has no such delivery."), 404);
    const handlers = receiver.replay(id);
    return c.redirect(handlers.length > 0 ? `/inbox?replayed=${encodeURIComponent(id)}` : "/inbox", 303);
  });

  let drawn: { key: string; placed: Placed | undefined } | undefined;
  routes.get("/diagram", async (c) => {
    const all = destinations.list();
    const handlers = await handlersOf();
    const names = destinations.names();
    const said = all.map(({ fn }) => [fn.id, fn.updated_at, fn.version]);
    const key = JSON.stringify([said, [...handlers], [...names.actions], [...names.groups]]);
    if (drawn?.key !== key) drawn = { key, placed: place(graphOf(all, handlers, { compiler, names })) };
    return show(c, diagramPage(drawn.placed, all, handlers));
  });

  // What console.js asks every second; it fetches the page anew only when this changes
  routes.get("/live", (c) => c.json({ version: `${read.version()} ${receiver?.version() ?? ""}` }));

  for (const [type, media] of Object.entries(assets)) {
    const text = readFileSync(new URL(`assets/console.${type}`, import.meta.url), "utf8");
    routes.get(`/console.${type}`, (c) => c.body(text, 200, { "Content-Type": `${media}; charset=utf-8` }));
  }

  // The addresses that PostHog puts in globals, such as {source.url} in a Slack message
  const project = `/project/${projectId}`;
  routes.get(`${project}/functions/:id/*`, (c) => c.redirect(`/destinations/${c.req.param("id")}`));
  routes.get(`${project}/events/:uuid/*`, (c) => c.redirect(`/events/${c.req.param("uuid")}`));
  routes.get(`${project}/person/:id`, (c) => {
    const whose = read.distinctIdOf(c.req.param("id"));
    return c.redirect(whose === undefined ? "/events" : `/events?search=${encodeURIComponent(whose)}`);
  });

  routes.onError((error, c) => {
    console.error(error);
    return show(c, failedPage(error.message), 500);
  });
  return routes;

  async function show(c: Context, page: Page, status: 200 | 404 | 422 | 500 | 502 = 200): Promise<Response> {
    return c.html(page(unhandledNow().dead.length), status);
  }

  /** Nothing of an inbox that cannot be read: its own page says why. */
  function unhandledNow(): Unhandled {
    try {
      return new Unhandled(receiver);
    } catch {
      return new Unhandled(undefined);
    }
  }

  function withHandling(events: EventRow[], unhandled: Unhandled): EventRow[] {
    const slugs = new Map(destinations.list().map(({ id, slug }) => [id, slug]));
    return events.map((event) => ({
      ...event,
      outcomes: event.outcomes.map((outcome) => ({
        ...outcome,
        ...unhandled.state(slugs.get(outcome.functionId), event.uuid),
      })),
    }));
  }

  function sending(
    given: Pick<Parameters<typeof sendPage>[0], "form" | "samples"> & Partial<Parameters<typeof sendPage>[0]>,
  ): Page {
    return sendPage({ errors: {}, token, eventNames: read.eventNames(), now: clock.now(), ...given });
  }

  function followed(given: string): Followed | undefined {
    const uuid = given.toLowerCase();
    const found = trace(uuid);
    const stored = found && read.event(uuid);
    const propertyOf: Followed["propertyOf"] = (id, condition) => destinations.propertyOf(id, condition);
    return stored && { uuid, trace: found, stored, inbox: receiver?.list({ uuid }) ?? [], propertyOf };
  }

  async function handlersOf(): Promise<ReadonlyMap<string, string[]>> {
    return (await receiver?.handlers()) ?? noHandlers;
  }
}

/** A page is true for a moment only, and may hold personal data. */
const notKept: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("Cache-Control", "no-store");
};

/** `same-origin`: under `no-referrer` a browser would send `Origin: null` with our own forms (Fetch, "append a request Origin header"). */
const guarded = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  strictTransportSecurity: false, // there is no TLS on a loopback address
});
