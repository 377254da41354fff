import { html } from "hono/html";
import { watcherStates } from "../runtime/watcher.ts";
import type { Destination } from "./destinations.ts";
import { outcomeList } from "./events-page.ts";
import type { NotHandled } from "./handling.ts";
import { layout, type Page } from "./layout.ts";
import { count, empty, type Html, inWords, pill, timeTag } from "./parts.ts";
import type { Counts, EventRow } from "./read-model.ts";

type Overview = {
  destinations: Destination[];
  counts: ReadonlyMap<string, Counts>;
  handlers: ReadonlyMap<string, string[]>;
  /** By slug. */
  notHandled: ReadonlyMap<string, NotHandled>;
  latest: EventRow[];
  names: ReadonlyMap<string, string>;
  now: number;
};

const { degraded, forcefullyDegraded, disabled, forcefullyDisabled } = watcherStates;
const degradedStates = new Set([degraded, forcefullyDegraded]);
const disabledStates = new Set([disabled, forcefullyDisabled]);

const troubled = new Set([...degradedStates, ...disabledStates]);

/** What sends what where, and whether it goes well. */
export function overviewPage({
  destinations,
  counts,
  handlers,
  notHandled,
  latest,
  names,
  now,
}: Overview): Page {
  const rows = destinations.map((destination) =>
    row(destination, counts.get(destination.id), handlers, notHandled.get(destination.slug ?? "")),
  );
  const table = html`<table class="cards"><caption class="hidden">Destinations</caption>
<thead><tr><th scope="col">Destination</th><th scope="col">Filter</th><th scope="col">Sends to</th><th scope="col">Health</th><th scope="col" class="number">Sent</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Not matched</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  const events = latest.map(
    (event) =>
      html`<li id="latest-${event.row}"><a href="/events/${event.uuid}">${event.event}</a> <span class="soft">${event.distinctId}</span> ${timeTag(event.at, now)} ${outcomeList(event, names)}</li>`,
  );
  const content = html`<h1>Destinations</h1>
<div id="overview" data-live>
<p class="lead">${destinations.length === 0 ? "" : html`${count(destinations.length, "destination")}; numbers are of the last 24 hours.`}</p>
${destinations.length === 0 ? empty("There is no destination yet.", html`<code>npm start</code> applies the files in <code>destinations/</code> to this sandbox. Any PostHog client can make one too: the key is <code>phx_sandbox</code>, the project <code>1</code>.`) : table}
<section aria-labelledby="latest"><h2 id="latest">Latest events</h2>
${latest.length === 0 ? empty("No event has come yet.", html`<a href="/send">Send one</a>, or point your application's PostHog client at this address with the token <code>phc_sandbox</code>.`) : html`<ul class="feed">${events}</ul><p><a href="/events">All events</a></p>`}
</section>
</div>`;
  return layout("Destinations", "/", content);
}

function row(
  destination: Destination,
  counts: Counts | undefined,
  handlers: Overview["handlers"],
  notHandled: NotHandled | undefined,
): Html {
  const { id, name, slug, filter, masking } = destination;
  const number = (value = 0) =>
    value === 0 ? html`<span class="soft">0</span>` : value.toLocaleString("en");
  return html`<tr id="destination-${id}">
<th scope="row"><a href="/destinations/${id}">${name}</a>${slug ? html`<span class="sub mono">${slug}</span>` : ""}</th>
<td data-label="Filter" class="wide">${inWords(filter)}${masking ? html` <span class="soft">${inWords(masking)}</span>` : ""}</td>
<td data-label="Sends to" class="target">${target(destination, handlers)}</td>
<td data-label="Health">${healthPill(destination, counts, notHandled)}</td>
<td data-label="Sent" class="number">${number(counts?.sent)}</td>
<td data-label="Failed" class="number">${number(counts?.failed)}</td>
<td data-label="Not matched" class="number">${number((counts?.notMatched ?? 0) + (counts?.heldBack ?? 0))}</td>
</tr>`;
}

/** The handlers where there are some, else the address. */
export function target({ slug, sendsTo }: Destination, handlers: ReadonlyMap<string, string[]>): Html {
  const names = handlers.get(slug ?? "");
  return names
    ? html`${names.join(", ")}<span class="sub">handlers</span>`
    : html`${sendsTo.split("/")[0]}${sendsTo.includes("/") ? html`<span class="sub mono">${sendsTo.slice(sendsTo.indexOf("/"))}</span>` : ""}`;
}

/** How sending goes; what its handlers did not handle stands in the place of good news, and beside bad. */
export function healthPill(destination: Destination, counts?: Counts, notHandled?: NotHandled): Html {
  const sending = sendingPill(destination, counts);
  if (!notHandled) return sending;
  const { dead, retrying } = notHandled;
  const handling = dead > 0 ? pill(count(dead, "dead letter"), "bad") : pill(`${retrying} retrying`, "warn");
  const isGood = destination.enabled && (counts?.failed ?? 0) === 0 && !troubled.has(destination.state);
  return isGood ? handling : html`${sending} ${handling}`;
}

function sendingPill({ enabled, state }: Destination, counts?: Counts): Html {
  if (!enabled) return pill("Off", "quiet");
  if (disabledStates.has(state)) return pill("Disabled, too slow", "bad");
  if (degradedStates.has(state)) return pill("Degraded, slow", "warn");
  if (!counts || counts.sent + counts.failed === 0) return pill("Quiet", "quiet");
  if (counts.failed === 0) return pill("Healthy", "ok");
  return counts.sent === 0 ? pill("Failing", "bad") : pill("Some failed", "warn");
}
