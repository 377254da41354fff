import { all, call, compare, constant, type Expression, field } from "../compiler/ast.ts";

/** What a selector asks of one element; `direct`: its neighbour to the right in the selector is its child. */
export type Part = {
  tag?: string;
  classes: string[];
  /** As they stand in the chain, `#id` under `attr_id`. */
  attributes: Map<string, string>;
  direct: boolean;
};

// The columns beside the chain know only these tags (contract §4.3, `elements_chain_elements`).
const KNOWN_TAGS = ["a", "button", "form", "input", "select", "textarea", "label"];
const QUOTES = ["'", '"', "|"];

// The rest of an element: up to the semicolon, which also ends an element inside a quoted value.
const REST_OF_ELEMENT = "[^;]*?($|;|:([^;^\\s]*(;|$|\\s)))";

/**
 * A CSS selector as a condition on the clicked element and those around it. PostHog has no CSS engine: it searches the
 * chain's text with a regular expression (`build_selector_regex` in posthog/models/property/util.py, with #83169), and so
 * pseudo-classes, `+`, `~` and commas become part of a tag's name, which then never matches.
 */
export function selectorCondition(selector: string): Expression {
  const parts = partsOf(selector);
  const ids = parts.flatMap(({ attributes }) => attributes.get("attr_id") ?? []);
  const tags = parts.flatMap(({ tag }) => (tag !== undefined && KNOWN_TAGS.includes(tag) ? [tag] : []));

  const [id] = ids;
  if (id !== undefined && parts.length === 1 && isOnlyAnId(parts)) return hasId(id);
  return all([
    compare("=~", field("elements_chain"), constant(pattern(parts))),
    ...ids.map(hasId),
    ...(tags.length > 0 ? [hasTag(tags)] : []),
  ]);
}

function hasId(id: string): Expression {
  return compare(">", call("indexOf", field("elements_chain_ids"), constant(id)), constant(0));
}

function hasTag(tags: string[]): Expression {
  const known = compare("in", field("x"), { node: "Array", exprs: tags.map(constant) });
  const count = call(
    "arrayCount",
    { node: "Lambda", args: ["x"], expr: known },
    field("elements_chain_elements"),
  );
  return compare(">", count, constant(0));
}

function isOnlyAnId([part]: Part[]): boolean {
  return part?.tag === undefined && part?.classes.length === 0 && part.attributes.size === 1;
}

/** The chain begins with the clicked element, so the selector's last part comes first. */
function pattern(parts: Part[]): string {
  const text = parts.map(elementPattern).join("");
  return text ? `(^|;)${text}` : "";
}

function elementPattern({ tag, classes, attributes, direct }: Part): string {
  const sorted = [...attributes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    tag === undefined || tag === "*" ? "" : quoted(tag),
    classes.length > 0 ? `.*?\\.${classes.toSorted().map(quoted).join("\\..*?")}` : "",
    sorted.length > 0 ? ".*?" : "",
    ...sorted.map(([key, value]) => `${quoted(key)}="${quoted(asInChain(value))}".*?`),
    REST_OF_ELEMENT,
    direct ? ".*" : "",
  ].join("");
}

/** As Python's `re.escape`. */
function quoted(text: string): string {
  return text.replace(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, "\\$&");
}

/** The chain quotes values, and the quotes in them with a backslash. */
function asInChain(value: string): string {
  return value.replaceAll('\\"', '"').replaceAll('"', '\\"');
}

export function partsOf(selector: string): Part[] {
  const plain = selector.replaceAll("> * > ", "").replaceAll("> *", "").replaceAll("\\:", ":").trim();
  const words = wordsOf(plain).toReversed();
  return words.flatMap((word, index) =>
    word === ">" || word === "" ? [] : [partOf(word, words[index - 1] === ">")],
  );
}

/** Spaces separate, except between the brackets of an attribute. */
function wordsOf(selector: string): string[] {
  const words = [""];
  let bracket = false;
  let quote = "";
  for (const char of selector) {
    if (char === "[" && !quote) bracket = true;
    if (char === "]" && !quote) bracket = false;
    if (char === quote) quote = "";
    else if (!quote && (char === '"' || char === "'")) quote = char;

    if (char === " " && !bracket) words.push("");
    else words.push(`${words.pop()}${char}`);
  }
  return words;
}

function partOf(word: string, direct: boolean): Part {
  const attributes = new Map<string, string>();
  let rest = word;

  const attribute = attributeOf(word);
  if (attribute) {
    attributes.set(word.includes("[id=") ? "attr_id" : attribute.key, attribute.value);
    rest = attribute.before;
  }
  const [beforeChild = "", child] = rest.split(":nth-child(");
  if (child !== undefined) attributes.set("nth-child", child.replaceAll(")", ""));

  const [beforeClasses = "", ...classes] = splitAtDots(beforeChild);
  const [tag, id] = beforeClasses.split("#");
  if (id !== undefined) attributes.set("attr_id", id);
  return { ...(tag && { tag }), classes, attributes, direct };
}

/** `before[key='value']`: of several attributes one, and of what stands before it only the letters next to it. */
function attributeOf(word: string): { before: string; key: string; value: string } | undefined {
  for (const line of word.split("\n")) {
    const end = Math.max(...QUOTES.map((quote) => line.lastIndexOf(`${quote}]`)));
    const separator =
      end < 2 ? -1 : Math.max(...QUOTES.map((quote) => line.lastIndexOf(`=${quote}`, end - 2)));
    const open = line.indexOf("[");
    if (separator < 0 || open < 0 || open > separator) continue;
    const before = line.slice(0, open).split(/[^a-zA-Z]/);
    return {
      before: before.at(-1) ?? "",
      key: line.slice(open + 1, separator),
      value: line.slice(separator + 2, end),
    };
  }
  return undefined;
}

/** A dot that a `]` follows before the next `[` is part of a class: `shadow-[0_1px_rgba(0,0,0,0.1)]`. */
function splitAtDots(text: string): string[] {
  const parts = [""];
  let bracket = false;
  for (const char of [...text].toReversed()) {
    if (char === "]") bracket = true;
    if (char === "[") bracket = false;
    if (char === "." && !bracket) parts.push("");
    else parts.push(`${char}${parts.pop()}`);
  }
  return parts.toReversed();
}
