import { html } from "hono/html";
import { layout, notice, type Page } from "./layout.ts";
import { codeBlock, count, empty, type Html, headerList, hidden, statePill, timeTag } from "./parts.ts";
import type { InboxDelivery, ReceiverView } from "./receiver-view.ts";

type Inbox = {
  stack: string;
  running: boolean;
  dead: InboxDelivery[];
  latest: InboxDelivery[];
  token: string;
  replayed: InboxDelivery | undefined;
  now: number;
};

/** What the receiver stored: dead letters first. */
export function inboxPage({ stack, running, dead, latest, token, replayed, now }: Inbox): Page {
  const nothing = dead.length + latest.length === 0;
  const content = html`<h1>Inbox</h1>
${replayed ? notice(html`<b>${replayed.event}</b> goes to its handlers again.`) : ""}
<div id="inbox" data-live>
<p class="lead">${running ? html`The receiver of <b>${stack}</b> is running.` : html`The receiver of <b>${stack}</b> is not running: <code>npm start</code> starts it. What it stored is below.`}</p>
${nothing ? empty("Nothing was delivered yet.", html`<a href="/send">Send an event</a> that a destination with <code>handlers</code> takes.`) : ""}
${dead.length === 0 ? "" : html`<section aria-labelledby="dead"><h2 id="dead">${count(dead.length, "dead letter")}</h2><p>A handler gave up on these. Mend the cause, then replay.</p>${table("Dead letters", dead, token, now)}</section>`}
${latest.length === 0 ? "" : html`<section aria-labelledby="deliveries"><h2 id="deliveries">Deliveries</h2>${table("Deliveries, the newest first", latest, token, now)}</section>`}
</div>`;
  return layout("Inbox", "/inbox", content);
}

export function noReceiverPage(): Page {
  const next = html`<code>npm start</code> runs this project's receiver and starts the sandbox with a view of its inbox; so does <code>npx hogwire sandbox</code>.`;
  return layout("Inbox", "/inbox", html`<h1>Inbox</h1>${empty("This sandbox knows no receiver.", next)}`);
}

export function deliveryPage(
  delivery: NonNullable<ReturnType<ReceiverView["show"]>>,
  token: string,
  now: number,
): Page {
  const { id, destination, event, uuid, state, handlers, receivedAt, headers, body } = delivery;
  const rows = handlers.map(
    ({ name, state: own, attempts, lastError }) =>
      html`<tr><th scope="row" class="mono">${name}</th><td data-label="State">${statePill(own)}</td><td data-label="Attempts" class="number">${attempts}</td><td data-label="Last error" class="wide">${lastError ?? ""}</td></tr>`,
  );
  const content = html`<p class="back"><a href="/inbox">Inbox</a></p>
<h1>${event}</h1>
<div id="delivery" data-live>
<dl class="facts">
<div><dt>State</dt><dd>${statePill(state)}</dd></div>
<div><dt>Destination</dt><dd class="mono">${destination}</dd></div>
<div><dt>Received</dt><dd>${timeTag(receivedAt, now)}</dd></div>
<div><dt>Event</dt><dd><a href="/events/${uuid}" class="mono">${uuid}</a></dd></div>
</dl>
${state === "dead" ? replayForm(id, event, token) : ""}
<h2>Handlers</h2>
<table class="cards"><caption class="hidden">Handlers</caption><thead><tr><th scope="col">Handler</th><th scope="col">State</th><th scope="col" class="number">Attempts</th><th scope="col">Last error</th></tr></thead><tbody>${rows}</tbody></table>
</div>
<h2>What was sent</h2>
${headerList(headers)}
${codeBlock("Body", body)}`;
  return layout(event, "/inbox", content);
}

function table(caption: string, deliveries: InboxDelivery[], token: string, now: number): Html {
  const rows = deliveries.map(
    (delivery) => html`<tr id="delivery-${delivery.id}">
<th scope="row"><a href="/inbox/${delivery.id}">${delivery.event}</a><span class="sub mono">${delivery.destination}</span></th>
<td data-label="Handlers" class="wide"><ul class="outcomes">${delivery.handlers.map((run) => handler(run, now))}</ul></td>
<td data-label="Received" class="when">${timeTag(delivery.receivedAt, now)}</td>
<td class="actions">${delivery.state === "dead" ? replayForm(delivery.id, delivery.event, token) : ""}</td></tr>`,
  );
  return html`<table class="cards"><caption class="hidden">${caption}</caption><thead><tr><th scope="col">Event</th><th scope="col">Handlers</th><th scope="col">Received</th><th scope="col">${hidden("Action")}</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function handler(run: InboxDelivery["handlers"][number], now: number): Html {
  const { name, state, attempts, lastError, settledAt } = run;
  return html`<li>${statePill(state)} <span class="mono">${name}</span>${attempts > 1 ? html` <span class="soft">attempt ${attempts}</span>` : ""}${state === "dead" && settledAt ? html` <span class="soft">gave up ${timeTag(settledAt, now)}</span>` : ""}${lastError ? html`<span class="sub">${lastError}</span>` : ""}</li>`;
}

function replayForm(id: string, event: string, token: string): Html {
  return html`<form method="post" action="/inbox/${id}/replay"><input type="hidden" name="token" value="${token}"><button type="submit">Replay${hidden(` ${event}, delivery ${id}`)}</button></form>`;
}
