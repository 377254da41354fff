// @ts-nocheck Runs in a browser, whose types the project does not load. Every page works without it.

const everyMs = 1000;
const status = document.getElementById("live-status");
const button = document.getElementById("live-switch");
let isLive = sessionStorage.getItem("live") !== "off";
let seen;
let answers = true;

keepTimes();
setInterval(keepTimes, everyMs);
setInterval(look, everyMs);
document.addEventListener("visibilitychange", look);

button.hidden = false;
button.title = "Pages follow what happens. Press to hold them still.";
showSwitch();
button.addEventListener("click", () => {
  isLive = !isLive;
  sessionStorage.setItem("live", isLive ? "on" : "off");
  showSwitch();
  look();
});

function showSwitch() {
  button.setAttribute("aria-pressed", String(isLive));
}

/** Asks whether anything changed, and only then for the page. */
async function look() {
  if (!isLive || document.hidden) return;
  try {
    const { version } = await (await fetch("/live")).json();
    if (!answers) say("The sandbox answers again.");
    answers = true;
    if (version !== seen && (await bringUpToDate())) seen = version;
  } catch {
    if (answers) say("The sandbox does not answer. This page will follow when it does.");
    answers = false;
  }
  document.body.classList.toggle("stale", !answers);
}

/** False when somebody is selecting text in what would change: it is tried again. */
async function bringUpToDate() {
  const response = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const token = fresh.querySelector("input[name=token]")?.value; // another one after a restart
  for (const input of document.querySelectorAll("input[name=token]")) input.value = token ?? input.value;
  for (const region of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(region.id);
    if (!next || same(region, next)) continue;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && region.contains(selection.anchorNode)) return false;
    replace(region, next);
  }
  keepTimes();
  return true;
}

function same(region, next) {
  return comparable(region) === comparable(next);
}

/** Without the words of times and what a person opened. */
function comparable(region) {
  const copy = region.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = "";
  for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
  return copy.innerHTML;
}

/** What was open stays open, what was closed closed, and what had the focus keeps it. */
function replace(region, next) {
  for (const { id, open } of region.querySelectorAll("details[id]")) {
    next.querySelector(`#${CSS.escape(id)}`)?.toggleAttribute("open", open);
  }
  const refocus = region.contains(document.activeElement) ? wayTo(document.activeElement, region) : undefined;
  const said = region.querySelector("[data-say]")?.dataset.say;
  region.replaceChildren(...next.childNodes);
  refocus?.()?.focus({ preventScroll: true });
  const news = region.querySelector("[data-say]")?.dataset.say;
  if (news && news !== said) say(news);
}

/** The element of the same kind and place within the nearest one that has an id. */
function wayTo(element, region) {
  const home = element.parentElement.closest("[id]");
  const kind = element.localName;
  const index = [...home.querySelectorAll(kind)].indexOf(element);
  const { id } = home;
  return () => (id === region.id ? region : document.getElementById(id))?.querySelectorAll(kind)[index];
}

function say(text) {
  status.textContent = text;
}

function keepTimes() {
  for (const time of document.querySelectorAll("time")) {
    const words = ago(Date.now() - Date.parse(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  }
}

/** The same words as in parts.ts. */
function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}
