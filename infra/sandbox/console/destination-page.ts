import { html } from "hono/html";
import type { LogEntry } from "../runtime/run-log.ts";
import type { Destination } from "./destinations.ts";
import { type Condition, logLine, sentence, whyNot } from "./event-page.ts";
import type { NotHandled } from "./handling.ts";
import { layout, type Page } from "./layout.ts";
import { healthPill, target } from "./overview-page.ts";
import { codeBlock, empty, type Html, handledPill, inWords, statePill, timeTag } from "./parts.ts";
import type { Counts, Run } from "./read-model.ts";

type DestinationDetail = {
  destination: Destination;
  counts: Counts | undefined;
  handlers: ReadonlyMap<string, string[]>;
  notHandled: NotHandled | undefined;
  sent: Run[];
  notMatched: (Run & { condition?: Condition; actual: string | undefined })[];
  logs: LogEntry[];
  now: number;
};

/** One destination: when it fires, what it sent lately, and why not. */
export function destinationPage(detail: DestinationDetail): Page {
  const { destination, counts, handlers, notHandled, sent, notMatched, logs, now } = detail;
  const { name, slug, description, filter, masking, fn } = destination;
  const { bytecode: _, ...filters } = fn.filters;
  const content = html`<p class="back"><a href="/">Destinations</a></p>
<h1>${name}</h1>
${description ? html`<p class="lead">${description}</p>` : ""}
<div id="destination" data-live>
<dl class="facts">
<div><dt>Health</dt><dd>${healthPill(destination, counts, notHandled)}</dd></div>
<div><dt>Sends to</dt><dd>${target(destination, handlers)}</dd></div>
${slug ? html`<div><dt>File</dt><dd class="mono">destinations/${slug}.yaml</dd></div>` : ""}
<div><dt>Last 24 hours</dt><dd>${counts?.sent ?? 0} sent, ${counts?.failed ?? 0} failed, ${counts?.notMatched ?? 0} not matched${counts?.heldBack ? `, ${counts.heldBack} held back` : ""}</dd></div>
</dl>
<section aria-labelledby="filter"><h2 id="filter">When it fires</h2>
<p class="words">${inWords(filter)}${masking ? html` ${inWords(masking)}` : ""}</p>
<details id="filter-json"><summary>As PostHog has it</summary>${codeBlock("Filter", filters)}</details>
</section>
<section aria-labelledby="sent"><h2 id="sent">Latest runs</h2>
${sent.length === 0 ? empty("Nothing matched yet.", html`<a href="/send">Send an event</a> that fits the filter.`) : runTable("Latest runs", "Why", sent, now, ({ reason }) => html`${reason ? sentence(reason) : ""}`)}
</section>
<section aria-labelledby="not-sent"><h2 id="not-sent">Events that did not match</h2>
${notMatched.length === 0 ? html`<p class="soft">None.</p>` : runTable("Events that did not match", "Condition that said no", notMatched, now, ({ condition, reason, actual }) => whyNot(condition, reason, actual))}
</section>
<section aria-labelledby="logs"><h2 id="logs">Logs</h2>
${logs.length === 0 ? html`<p class="soft">It has said nothing.</p>` : html`<ol class="logs">${logs.map(logLine)}</ol>`}
</section>
</div>`;
  return layout(name, "/", content);
}

function runTable<T extends Run>(
  caption: string,
  last: string,
  runs: T[],
  now: number,
  why: (run: T) => Html,
): Html {
  const rows = runs.map(
    (
      run,
    ) => html`<tr id="run-${run.row}-${run.state}"><th scope="row"><a href="/events/${run.uuid}">${run.event}</a><span class="sub">${run.distinctId}</span></th>
<td data-label="State" class="state">${statePill(run.state)}${handledPill(run.handling)}</td><td data-label="${last}" class="wide">${why(run)}</td><td data-label="Captured" class="when">${timeTag(run.at, now)}</td></tr>`,
  );
  return html`<table class="cards"><caption class="hidden">${caption}</caption><thead><tr><th scope="col">Event</th><th scope="col">State</th><th scope="col">${last}</th><th scope="col">Captured</th></tr></thead><tbody>${rows}</tbody></table>`;
}
