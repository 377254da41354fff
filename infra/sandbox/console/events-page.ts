import { html } from "hono/html";
import { layout, type Page } from "./layout.ts";
import { empty, type Html, handledPill, statePill, timeTag } from "./parts.ts";
import type { EventRow } from "./read-model.ts";

type EventList = {
  events: EventRow[];
  /** Where the next page begins. */
  next: number | undefined;
  before: number | undefined;
  search: string;
  names: ReadonlyMap<string, string>;
  now: number;
};

const mostShown = 3;

/** Everything that was captured, the newest first, each with what became of it. */
export function eventsPage({ events, next, before, search, names, now }: EventList): Page {
  const rows = events.map(
    (event) => html`<tr id="event-${event.row}">
<th scope="row"><a href="/events/${event.uuid}">${event.event}</a><span class="sub">${event.distinctId}</span></th>
<td data-label="What came of it" class="wide">${outcomeList(event, names)}</td>
<td data-label="Captured" class="when">${timeTag(event.at, now)}</td>
</tr>`,
  );
  const nothing = search
    ? empty("No event fits.", html`<a href="/events">Show all events</a>`)
    : empty(
        "No event has come yet.",
        html`<a href="/send">Send one</a>, or point your application's PostHog client at this address with the token <code>phc_sandbox</code>.`,
      );
  const more = new URLSearchParams({ before: String(next), ...(search && { search }) });
  const content = html`<h1>Events</h1>
<form class="search" role="search" method="get" action="/events">
<label for="search">Event or distinct id</label>
<input id="search" name="search" type="search" value="${search}" autocomplete="off" spellcheck="false">
<button type="submit">Search</button>
</form>
<div id="events"${before === undefined ? html` data-live` : ""}>
${
  events.length === 0
    ? nothing
    : html`<table class="cards"><caption class="hidden">Events, the newest first</caption>
<thead><tr><th scope="col">Event</th><th scope="col">What came of it</th><th scope="col">Captured</th></tr></thead>
<tbody>${rows}</tbody></table>`
}
<p class="pages">${before === undefined ? "" : html`<a href="/events">Newest</a>`} ${next === undefined ? "" : html`<a href="/events?${more.toString()}">Older</a>`}</p>
</div>`;
  return layout("Events", "/events", content);
}

/** Where it was sent, each by name; those that it did not match only as a number. */
export function outcomeList(event: EventRow, names: ReadonlyMap<string, string>): Html {
  const { outcomes, filtered, isMatched, isInternal } = event;
  const notOn = isInternal ? "No destination takes this event of PostHog's own" : "No destination was on";
  if (outcomes.length + filtered === 0) {
    return html`<span class="soft">${isMatched ? notOn : "Waiting to be matched"}</span>`;
  }
  const shown = outcomes
    .slice(0, mostShown)
    .map(
      ({ state, functionId, handling }) =>
        html`<li>${statePill(state)}${handledPill(handling)} ${names.get(functionId) || "Without a name"}</li>`,
    );
  const rest = outcomes.length - mostShown;
  const others = outcomes.length === 0 ? "No destination matched" : `${filtered} not matched`;
  return html`<ul class="outcomes">${shown}${rest > 0 ? html`<li class="soft">and ${rest} more</li>` : ""}${filtered > 0 ? html`<li class="soft">${others}</li>` : ""}</ul>`;
}
