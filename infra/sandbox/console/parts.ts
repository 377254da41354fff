import { html } from "hono/html";

export type Html = ReturnType<typeof html>;
type Tone = "ok" | "bad" | "warn" | "busy" | "quiet";

const states = new Map<string, [string, Tone]>(
  Object.entries({
    queued: ["Sending", "busy"],
    sending: ["Sending", "busy"],
    succeeded: ["Sent", "ok"],
    delivered: ["Delivered", "ok"],
    failed: ["Failed", "bad"],
    interrupted: ["Interrupted", "warn"],
    filtered: ["Not matched", "quiet"],
    filtering_failed: ["Filter failed", "bad"],
    inputs_failed: ["Inputs failed", "bad"],
    masked: ["Held back", "quiet"],
    disabled_temporarily: ["Disabled for now", "warn"],
    disabled_permanently: ["Disabled", "bad"],
    stored: ["Waiting", "busy"],
    running: ["Running", "busy"],
    handled: ["Handled", "ok"],
    retrying: ["Retrying", "warn"],
    dead: ["Dead letter", "bad"],
  }),
);

/** A state in a word; the colour only repeats it. */
export function statePill(state: string): Html {
  const [label, tone] = states.get(state) ?? [state, "quiet"];
  return pill(label, tone);
}

/** Beside the state of what was sent, where its handlers did not handle it. */
export function handledPill(state: string | undefined): Html | "" {
  return state === undefined ? "" : html` ${statePill(state)}`;
}

export function pill(label: string, tone: Tone): Html {
  return html`<span class="pill ${tone}">${label}</span>`;
}

/** `3 min ago`, with the moment itself in `datetime` and `title`; console.js keeps the words true. */
export function timeTag(iso: string, now: number): Html {
  const moment = iso.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  return html`<time datetime="${iso}" title="${moment}">${ago(now - Date.parse(iso))}</time>`;
}

/** The same words as in assets/console.js. */
function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** What `infra/hog/words` says: `*names*` of events, and `` `code` ``. */
export function inWords(text: string): Html {
  const parts = text.split(/(\*[^*]+\*|`[^`]+`)/).map((part) => {
    if (part.length > 2 && part.startsWith("*")) return html`<b>${part.slice(1, -1)}</b>`;
    if (part.length > 2 && part.startsWith("`")) return html`<code>${part.slice(1, -1)}</code>`;
    return part;
  });
  return html`${parts}`;
}

/** A body: indented where it is JSON. Reachable by keyboard, as it may scroll. */
export function codeBlock(label: string, value: unknown): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}">${pretty(value)}</pre>`;
}

/** JSON text stays text that is no JSON; values are shown as JSON. */
function pretty(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "";
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function headerList(headers: Record<string, string>): Html {
  const rows = Object.entries(headers).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  );
  return html`<dl class="headers">${rows}</dl>`;
}

/** Where there is nothing, what to do next. */
export function empty(what: string, next: Html | string): Html {
  return html`<div class="empty"><p><strong>${what}</strong></p><p>${next}</p></div>`;
}

/** A hidden link text such as "Page view, event 0190…": what a screen reader needs and an eye does not. */
export function hidden(text: string): Html {
  return html`<span class="hidden">${text}</span>`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
