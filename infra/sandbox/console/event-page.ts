import { html } from "hono/html";
import type { HogProperty } from "../../hog/types.ts";
import { alone } from "../../hog/words/refusing-condition.ts";
import { isObject } from "../http/fields.ts";
import type { traceOf } from "../runtime/trace.ts";
import { layout, type Page } from "./layout.ts";
import { codeBlock, empty, type Html, headerList, hidden, inWords, statePill, timeTag } from "./parts.ts";
import type { StoredEvent } from "./read-model.ts";
import type { InboxDelivery } from "./receiver-view.ts";

export type Trace = NonNullable<ReturnType<typeof traceOf>>;
type Met = Trace["destinations"][number];
type Delivery = Met["deliveries"][number];
export type Condition = Extract<Met, { invocation: null }>["condition"];
/** The property that a condition asks for, where it is known. */
type PropertyOf = (functionId: string, condition: NonNullable<Condition>) => HogProperty | undefined;
/** All that is known of one event. */
export type Followed = {
  uuid: string;
  trace: Trace;
  stored: StoredEvent;
  inbox: InboxDelivery[];
  propertyOf: PropertyOf;
};

/** One event's way: captured, matched or why not, sent, answered, stored, handled. */
export function eventPage(followed: Followed, now: number): Page {
  const { uuid, trace, stored } = followed;
  const content = html`<p class="back"><a href="/events">Events</a></p>
<div class="heading"><h1>${trace.event}</h1><a class="button" href="/send?again=${uuid}">Fire again</a></div>
<dl class="facts">
<div><dt>Distinct id</dt><dd>${trace.distinct_id}</dd></div>
<div><dt>Captured</dt><dd>${timeTag(trace.at, now)}</dd></div>
<div><dt>Event id</dt><dd class="mono">${uuid}</dd></div>
</dl>
<div class="columns event">
<div id="trace" data-live>
${journey(followed, now)}
</div>
<section aria-labelledby="itself"><h2 id="itself">The event itself</h2>
<h3>Properties</h3>${codeBlock("Properties", stored.properties)}
${stored.person ? html`<h3>Person</h3>${codeBlock("Person", stored.person)}` : ""}
${stored.groups.length > 0 ? html`<h3>Groups</h3>${codeBlock("Groups", stored.groups)}` : ""}
</section>
</div>`;
  return layout(trace.event, "/events", content);
}

/** What came of an event, also for the page that sends one. */
export function journey({ trace, stored, inbox, propertyOf }: Followed, now: number): Html {
  const matched = trace.destinations.filter((met) => met.matched);
  const refused = trace.destinations.filter((met) => !met.matched);
  const nothing =
    trace.destinations.length > 0
      ? "No destination matched it."
      : trace.settled
        ? stored.isInternal
          ? "No destination takes this event of PostHog's own, so nothing was sent."
          : "No destination was on when it came, so nothing was sent."
        : "It is being matched.";
  const sent = matched.filter(({ state }) => state === "succeeded").length;
  const news = `${trace.event}: ${sent} sent, ${matched.length - sent} not sent or under way, ${refused.length} not matched.`;
  return html`<section aria-labelledby="came" data-say="${news}"><h2 id="came">What came of it${trace.settled ? "" : html` <span class="pill busy">Under way</span>`}</h2>
${matched.length === 0 ? html`<p>${nothing}</p>` : matched.map((met) => destinationCard(met, inbox, now))}
</section>
${refused.length === 0 ? "" : refusals(refused, stored, propertyOf)}`;
}

function destinationCard(met: Met, inbox: InboxDelivery[], now: number): Html {
  const ids = met.deliveries.map(({ webhookId }) => webhookId);
  const stored = inbox.filter(({ id }) => ids.includes(id));
  return html`<article class="card" id="run-${met.invocation}" aria-labelledby="name-${met.invocation}">
<h3 id="name-${met.invocation}"><a href="/destinations/${met.id}">${met.name ?? "Without a name"}</a> ${statePill(met.state)}</h3>
${met.reason ? html`<p>${sentence(met.reason)}</p>` : ""}
${met.deliveries.map((delivery, index) => deliveryPart(delivery, `${met.invocation}-${index}`, now))}
${met.logs.length === 0 ? "" : logsOf(met)}
${stored.map(storedPart)}
</article>`;
}

/** Open where they say more than that it ran. */
function logsOf({ invocation, logs }: Met): Html {
  const isNews = logs.some(({ level }) => ["WARN", "ERROR"].includes(level));
  return html`<details id="logs-${invocation}"${isNews ? html` open` : ""}><summary>Logs</summary><ol class="logs">${logs.map(logLine)}</ol></details>`;
}

function deliveryPart({ request, attempts, signed, state }: Delivery, key: string, now: number): Html {
  const tries = attempts.map(
    ({ at, status, ms, error }, index) =>
      html`<li><span class="soft">Attempt ${index + 1}</span> ${status === null ? html`<span class="bad">${error ?? "no answer"}</span>` : html`<b class="${status < 300 ? "ok" : "bad"}">${status}</b>`} <span>${ms} ms</span> <span class="soft">${timeTag(at, now)}</span></li>`,
  );
  const response = attempts.at(-1)?.response;
  return html`<div class="delivery">
${request ? html`<p class="request"><span class="mono"><b>${request.method}</b> ${request.url}</span>${state === "delivered" ? "" : html` ${statePill(state)}`}${signed ? html` <span class="soft">signed</span>` : ""}</p>` : html`<p class="soft">The request is on its way.</p>`}
${attempts.length === 0 ? "" : html`<ol class="attempts">${tries}</ol>`}
${request ? html`<details id="request-${key}"><summary>Request</summary>${headerList(request.headers)}${request.body === null ? "" : codeBlock("Request body", request.body)}</details>` : ""}
${response ? html`<details id="response-${key}"><summary>Response</summary>${headerList(response.headers)}${response.body === "" ? html`<p class="soft">Its body is empty.</p>` : codeBlock("Response body", response.body)}</details>` : ""}
</div>`;
}

function storedPart({ id, handlers }: InboxDelivery): Html {
  const items = handlers.map(
    ({ name, state, lastError }) =>
      html`<li><span class="mono">${name}</span> ${statePill(state)}${lastError ? html` <span class="soft">${lastError}</span>` : ""}</li>`,
  );
  return html`<h4>At the receiver</h4><ul class="outcomes">${items}</ul><p><a href="/inbox/${id}">Open in the inbox${hidden(` (delivery ${id})`)}</a></p>`;
}

function refusals(refused: Met[], stored: StoredEvent, propertyOf: PropertyOf): Html {
  const rows = refused.map((met) => {
    const { id, name, state, reason } = met;
    const condition = "condition" in met ? met.condition : undefined;
    return html`<tr><th scope="row"><a href="/destinations/${id}">${name ?? "Without a name"}</a></th><td data-label="Why" class="wide">${state === "filtered" ? "" : html`${statePill(state)} `}${whyNot(condition, reason, actual(condition && propertyOf(id, condition), stored))}</td></tr>`;
  });
  return html`<section aria-labelledby="refused"><h2 id="refused">Why others did not send it</h2>
<table class="cards"><caption class="hidden">Destinations that the event did not match</caption><thead><tr><th scope="col">Destination</th><th scope="col">Condition that said no</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

/** The condition that said no and what the event has there, else the reason in the runtime's own words. */
export function whyNot(condition: Condition, reason: string | undefined, actual?: string): Html {
  if (!condition || condition.path.join() === "events")
    return html`${sentence(reason ?? "its filter said no")}`;
  return html`Does not hold: <q>${inWords(alone(condition.words))}</q>${actual ? html`<span class="sub">${actual}</span>` : ""}`;
}

/** `The event's plan is "free".` Nothing where the condition is no property's. */
export function actual(
  property: HogProperty | undefined,
  { properties, person, groups }: StoredEvent,
): string | undefined {
  if (!property) return undefined;
  const { key, type = "event", group_type_index: index } = property;
  const group = groups.find((one) => isObject(one) && one.index === index);
  const owner = new Map<string, unknown>([
    ["event", { properties }],
    ["person", person],
    ["group", group],
  ]);
  if (!owner.has(type)) return undefined;
  const has = owner.get(type);
  const value = isObject(has) && isObject(has.properties) ? has.properties[key] : undefined;
  return value === undefined
    ? `The ${type} has no ${key}.`
    : `The ${type}'s ${key} is ${JSON.stringify(value)}.`;
}

export function logLine({
  timestamp,
  level,
  message,
}: {
  timestamp: string;
  level: string;
  message: string;
}): Html {
  const tone = { ERROR: "bad", WARN: "warn" }[level] ?? "soft";
  return html`<li><span class="mono soft">${timestamp.slice(11, 23)}</span> <span class="${tone}">${level}</span> <span class="message">${message}</span></li>`;
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function noEvent(uuid: string): Page {
  return layout(
    "No such event",
    "/events",
    html`<h1>No such event</h1>${empty(`Nothing was captured under ${uuid}.`, html`<a href="/events">See what was</a>`)}`,
  );
}
