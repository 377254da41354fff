import { html } from "hono/html";
import { count, type Html, hidden } from "./parts.ts";

const places = [
  ["/", "Destinations"],
  ["/events", "Events"],
  ["/send", "Send"],
  ["/inbox", "Inbox"],
  ["/diagram", "Diagram"],
] as const;

export type Place = (typeof places)[number][0];

/** Every page tells how many dead letters wait in the inbox. */
export type Page = (deadLetters: number) => Html;

/** A whole page. What stands in an element with `data-live` and an id is brought up to date by console.js. */
export function layout(title: string, place: Place | undefined, content: Html): Page {
  return (deadLetters) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Hogwire sandbox</title>
<link rel="icon" href="/console.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console.css">
<script type="module" src="/console.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/">${mark}<span>Hogwire <span class="soft">sandbox</span></span></a>
<nav aria-label="Console"><ul>${places.map(([path, name]) => link(path, name, path === place, deadLetters))}</ul></nav>
<button type="button" id="live-switch" aria-pressed="true" hidden>Live</button>
</header>
<main id="main" tabindex="-1">
${content}
</main>
<p id="live-status" class="hidden" role="status"></p>
</body>
</html>`;
}

function link(path: Place, name: string, isCurrent: boolean, deadLetters: number): Html {
  const news =
    path === "/inbox" && deadLetters > 0
      ? html`${hidden(`, ${count(deadLetters, "dead letter")}`)}<span class="number" aria-hidden="true">${deadLetters}</span>`
      : "";
  return html`<li id="nav-${name.toLowerCase()}" data-live><a href="${path}"${isCurrent ? html` aria-current="page"` : ""}>${name}${news}</a></li>`;
}

const mark = html`<svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false"><path d="M7 16h7m4 0h7M16 7v3m0 12v3" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/><circle cx="16" cy="16" r="4.5" fill="none" stroke="currentColor" stroke-width="2.5"/><circle cx="5" cy="16" r="2.5" fill="currentColor"/><circle cx="27" cy="16" r="2.5" fill="currentColor"/></svg>`;

/** A line that says what just happened, read out at once. */
export function notice(text: Html | string, tone: "ok" | "bad" = "ok"): Html {
  return html`<p class="notice ${tone}" role="${tone === "bad" ? "alert" : "status"}" tabindex="-1" autofocus>${text}</p>`;
}

export function notFoundPage(what: string): Page {
  const content = html`<h1>Not here</h1><p>${what}</p><p><a href="/">See the destinations</a> or <a href="/events">the events</a>.</p>`;
  return layout("Not here", undefined, content);
}

export function failedPage(why: string): Page {
  const content = html`<h1>This failed</h1><p>${why}</p><p>The sandbox's own output says more.</p>`;
  return layout("This failed", undefined, content);
}

export function oldPage(): Page {
  const content = html`<h1>Load it again</h1><p>The page that you sent is older than the sandbox that runs now. Go back, load it again, and repeat.</p>`;
  return layout("Load it again", undefined, content);
}
