import type { HogCompiler } from "../compile.ts";
import type { GlobalRead } from "../compiler/scope.ts";
import { HogError } from "../hog-error.ts";
import { PERSONAL_KINDS, personalKind } from "./personal.ts";
import { both, oneLine, shown } from "./shown.ts";

/** `fields` by their paths: what is read twice is one. */
type Fields = { whole: Set<string>; fields: Map<string, GlobalRead>; unread: number };

const DATA = ["event", "person", "groups"];
const EVENT = "the whole event";
const EVENT_PROPERTIES = "all event properties";
const PERSON = "the person with all properties";
const ORDER = [EVENT, EVENT_PROPERTIES, PERSON];
const FEW = 3;

/**
 * `Sends 5 fields, among them the person's email, to your-app.example.` A field is what is read,
 * counted once; personal data is named first, by its key (`personalKind`); constants are not counted.
 */
export function payloadWords(payload: { tree: unknown; compiler: HogCompiler; to?: string }): string {
  const found: Fields = { whole: new Set(), fields: new Map(), unread: 0 };
  collect(payload.tree, payload.compiler, found);
  const to = payload.to === undefined ? "" : ` to ${oneLine(payload.to)}`;

  if (found.whole.has(EVENT)) found.whole.delete(EVENT_PROPERTIES);
  const whole = [...found.whole].toSorted((a, b) => rank(a) - rank(b));
  const reads = [...found.fields.values()];
  const fields = fieldsInWords(reads, whole.length > 0);
  const unread =
    found.unread === 0 ? "" : counted(found.unread, "text that cannot be read", "texts that cannot be read");
  const parts = [...whole, ...[fields, unread].filter((part) => part !== "")];
  if (parts.length === 0) return `Sends nothing of the event or the person${to}.`;
  const said = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join("");
  const isNamed = reads.some((read) => personalKind(read) !== undefined);
  return `Sends ${said}${to && isNamed ? `,${to}` : to}.`;
}

function collect(tree: unknown, compiler: HogCompiler, found: Fields): void {
  if (typeof tree === "string") {
    const reads = readsOf(tree, compiler);
    if (!reads) found.unread++;
    else if (reads.length > 0) add(reads, found);
  } else if (typeof tree === "object" && tree !== null) {
    for (const item of Object.values(tree)) collect(item, compiler, found);
  }
}

function readsOf(text: string, compiler: HogCompiler): GlobalRead[] | undefined {
  try {
    return compiler.globals(text).filter(({ name }) => DATA.includes(name));
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}

function add(reads: GlobalRead[], found: Fields): void {
  const parts = reads.filter((read) => {
    const whole = wholeOf(read);
    if (whole !== undefined) found.whole.add(whole);
    return whole === undefined;
  });
  for (const read of parts) found.fields.set(JSON.stringify([read.name, ...read.path]), read);
}

/** A read of an object: everything in it is sent. */
function wholeOf({ name, path }: GlobalRead): string | undefined {
  const section = path.join(".");
  if (name === "event") {
    if (section === "") return EVENT;
    return section === "properties" ? EVENT_PROPERTIES : undefined;
  }
  if (name === "person") {
    return section === "" || section === "properties" ? PERSON : undefined;
  }
  if (name !== "groups") return undefined;
  const [type, part] = path;
  if (type === undefined) return "all groups with their properties";
  const isWhole = part === undefined || (part === "properties" && path.length === 2);
  return isWhole ? `the ${shown(type)} with all properties` : undefined;
}

function rank(whole: string): number {
  const index = ORDER.indexOf(whole);
  return index === -1 ? ORDER.length : index;
}

function fieldsInWords(fields: GlobalRead[], isMore: boolean): string {
  if (fields.length === 0) return "";
  const count = counted(fields.length, isMore ? "more field" : "field", isMore ? "more fields" : "fields");
  const personal = personalInWords(fields);
  if (personal !== "")
    return fields.length === 1 ? `${count}, ${personal}` : `${count}, among them ${personal}`;
  const names = [...new Set(fields.map(nameOf))];
  return names.length <= FEW ? `${count} (${both(names)})` : count;
}

/** `the person's email and phone`, and the same of the event. */
function personalInWords(reads: GlobalRead[]): string {
  const owned = (owner: string, one = "", many = "") => {
    const found = reads
      .filter(({ name }) => name === owner)
      .map((read) => ({ read, kind: personalKind(read) }));
    const ordered = PERSONAL_KINDS.flatMap((wanted) => found.filter(({ kind }) => kind === wanted));
    const keys = [...new Set(ordered.map(({ read }) => shown(read.path.at(-1))))];
    return keys.length > 0 ? [`the ${owner}'s ${keys.length === 1 ? one : many}${both(keys)}`] : [];
  };
  // An event has a name besides a property that may be called so.
  return [...owned("person"), ...owned("event", "property ", "properties ")].join(" and ");
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ["event.event", "the event's name"],
  ["event.distinct_id", "the distinct ID"],
  ["event.timestamp", "the time"],
  ["event.uuid", "the event's UUID"],
  ["event.url", "a link to the event"],
  ["event.elements_chain", "the elements"],
  ["person.id", "the person's ID"],
  ["person.url", "a link to the person"],
]);

function nameOf({ name, path }: GlobalRead): string {
  const known = NAMES.get([name, ...path].join("."));
  if (known !== undefined) return known;
  if (name === "event" && path[0] === "properties" && path[1] !== undefined) return shown(path[1]);
  const last = path.at(-1);
  return last === undefined
    ? shown(name)
    : `the ${shown(name === "groups" ? path[0] : name)}'s ${shown(last)}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
