import { html } from "hono/html";
import type { Destination } from "./destinations.ts";
import type { Placed } from "./diagram.ts";
import { layout, type Page } from "./layout.ts";
import { target } from "./overview-page.ts";
import { empty, type Html, inWords } from "./parts.ts";

/** Events, filters, destinations and handlers as a picture, and the same as a table. */
export function diagramPage(
  placed: Placed | undefined,
  destinations: Destination[],
  handlers: ReadonlyMap<string, string[]>,
): Page {
  const rows = destinations.map(
    (destination) =>
      html`<tr><th scope="row"><a href="/destinations/${destination.id}">${destination.name}</a>${destination.enabled ? "" : html`<span class="sub">off</span>`}</th><td data-label="Filter" class="wide">${inWords(destination.filter)}</td><td data-label="Sends to" class="target">${target(destination, handlers)}</td></tr>`,
  );
  const content = html`<h1>Diagram</h1>
<div id="diagram" data-live>
${
  destinations.length === 0
    ? empty(
        "There is nothing to draw.",
        html`<code>npm start</code> applies the files in <code>destinations/</code> to this sandbox.`,
      )
    : html`<p class="lead">From left to right: events, what they must fulfil, destinations, and who gets them.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Diagram, may scroll">${placed ? picture(placed) : "There is too much to draw."}</div>
<h2>The same in words</h2>
<table class="cards"><caption class="hidden">Destinations</caption><thead><tr><th scope="col">Destination</th><th scope="col">Filter</th><th scope="col">Sends to</th></tr></thead><tbody>${rows}</tbody></table>`
}
</div>`;
  return layout("Diagram", "/diagram", content);
}

function picture({ width, height, nodes, edges }: Placed): Html {
  const paths = edges.map((points) => html`<path d="${curve(points)}"/>`);
  return html`<svg class="diagram" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-labelledby="diagram-title diagram-text">
<title id="diagram-title">Events, filters, destinations and handlers</title>
<desc id="diagram-text">The table after this diagram says the same.</desc>
<g class="edges" aria-hidden="true">${paths}</g>
${nodes.map(box)}
</svg>`;
}

function box({ kind, label, href, isOff, x, y, width, height, lines }: Placed["nodes"][number]): Html {
  const texts = lines.map(
    (line, index) => html`<text x="${x + 12}" y="${y + 22 + index * 17}">${line}</text>`,
  );
  const drawn = html`<title>${label}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${kind === "event" || kind === "target" ? 12 : 4}"/>${texts}`;
  const name = `node ${kind}${isOff ? " off" : ""}`;
  return href ? html`<a class="${name}" href="${href}">${drawn}</a>` : html`<g class="${name}">${drawn}</g>`;
}

/** Leaves and arrives level. */
function curve([first, ...rest]: { x: number; y: number }[]): string {
  if (!first) return "";
  const steps: string[] = [];
  let from = first;
  for (const to of rest) {
    const middle = Math.round((from.x + to.x) / 2);
    steps.push(
      `C${middle} ${Math.round(from.y)} ${middle} ${Math.round(to.y)} ${Math.round(to.x)} ${Math.round(to.y)}`,
    );
    from = to;
  }
  return `M${Math.round(first.x)} ${Math.round(first.y)}${steps.join("")}`;
}
