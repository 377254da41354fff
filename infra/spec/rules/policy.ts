import { HogError } from "../../hog/hog-error.ts";
import type { Path } from "../path.ts";
import type { Subject } from "./rule.ts";

/** Law 5's neighbour: what may leave, and where to. This project's own receiver is not "leaving". */
export function checkHosts({ file, way, policy: { hosts }, secrets, compiler, report }: Subject): void {
  if (hosts === undefined || way === undefined) return;
  const allowed = `It allows ${hosts.length === 0 ? "nothing" : hosts.join(", ")}.`;
  const refuse = (path: Path, what: string, hint = allowed) =>
    report({ code: "HW080", path, message: `policy.yaml does not allow to send to ${what}`, hint });
  const checkAddress = (path: Path, address: unknown) => {
    const host = typeof address === "string" ? hostOf(address) : "";
    if (isAllowed(host, hosts)) return;
    const isSecret = secrets.some((secret) => secret.join(".") === path.join("."));
    refuse(path, isSecret ? "this secret address" : host === "" ? HIDDEN : `\`${host}\``);
  };
  if (file.webhook?.url !== undefined) checkAddress(["webhook", "url"], file.webhook.url);
  else if ("template" in way) {
    const id = file.slack ? "slack.com" : way.template.id;
    if (!isAllowed(id, hosts)) refuse(file.slack ? ["slack"] : ["template", "id"], `\`${id}\``);
  } else if ("hog" in way) {
    const { code, inputs = {} } = way.hog;
    for (const address of unlessBroken(() => compiler.programAddresses(code))) {
      if (address === "computed") refuse(["hog", "code"], "an address that the code decides", WRITE_OUT);
      else if ("literal" in address) checkAddress(["hog", "code"], address.literal);
      else checkAddress(pathOfInput(address.input, file), inputs[address.input]);
    }
  }
}

const HIDDEN = "a host that is not written out";
const WRITE_OUT = "Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.";

/** The host of an address; "" where an event or a person would choose it, and where readers of addresses differ. */
function hostOf(address: string): string {
  const [, authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(address) ?? [];
  return /[{}@\\\s]/.test(authority) ? "" : authority.replace(/:\d+$/, "").toLowerCase();
}

function isAllowed(host: string, hosts: string[]): boolean {
  return hosts
    .map((allowed) => allowed.toLowerCase())
    .some((allowed) => allowed === host || (allowed.startsWith("*.") && host.endsWith(allowed.slice(1))));
}

function pathOfInput(key: string, { hog }: Subject["file"]): Path {
  const written = hog?.inputs?.[key];
  return ["hog", "inputs", key, ...(typeof written === "object" ? ["value"] : [])];
}

/** Code that is no program is reported as such. */
function unlessBroken<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    return [];
  }
}

export function checkForbiddenFields({ texts, way, policy, compiler, report }: Subject): void {
  const fields = policy.forbidden_fields ?? [];
  const [first] = fields;
  if (first === undefined) return;
  const forbidden = [...fields.map((field) => ({ field, place: field })), ...fields.flatMap(copiesOf)];
  const refuse = (path: Path, what: string, within?: { start: number; end: number }) =>
    report({
      code: "HW081",
      path,
      message: `${what}, which policy.yaml forbids to send`,
      hint: "Send only the fields that are needed, each by its name.",
      ...(within ? { within } : {}),
    });
  /** What a read carries, in words: the field itself, or all that it is a part of. */
  const carried = (read: string) => {
    const found = forbidden.find(({ place }) => overlap(read, place));
    if (found === undefined) return undefined;
    const { field, place } = found;
    return `\`${field}\`${place === field ? "" : ` (as \`${place}\`)`}`;
  };
  for (const { text, path, liquid, preset } of texts) {
    if (path[0] === "masking") continue;
    if (liquid) {
      if (mayReadAll(text)) refuse(path, `this Liquid template may read \`${first}\``);
      continue;
    }
    for (const { name, path: steps, start, end } of compiler.globals(text)) {
      const read = [name, ...steps].join(".");
      const what = carried(read);
      if (what) refuse(path, `\`{${read}}\` carries ${what}`, preset ? undefined : { start, end });
    }
  }
  if (way === undefined || !("hog" in way)) return;
  for (const { name, path: steps } of unlessBroken(() => compiler.programGlobals(way.hog.code))) {
    const read = [name, ...steps].join(".");
    const what = carried(read);
    if (what) refuse(["hog", "code"], `\`${read}\` in the code carries ${what}`);
  }
}

// What PostHog makes a person's name from, unless the project says otherwise (contract §4.4).
const DISPLAY_PROPERTIES = ["email", "name", "username"];

/** Where else a property of a person is: in what an event sets on the person, and in the person's name. */
function copiesOf(field: string): { field: string; place: string }[] {
  const [, rest] = /^person\.properties(|\..*)$/.exec(field) ?? [];
  if (rest === undefined) return [];
  const isNamed = rest === "" || DISPLAY_PROPERTIES.some((name) => `${rest}.`.startsWith(`.${name}.`));
  const places = [`event.properties.$set${rest}`, `event.properties.$set_once${rest}`];
  return [...places, ...(isNamed ? ["person.name"] : [])].map((place) => ({ field, place }));
}

/** Nobody here understands Liquid: in a tag, each of these words counts, and a bracket, which picks a name at run time. */
function mayReadAll(liquid: string): boolean {
  const tag = liquid.search(/\{[{%]/);
  return tag !== -1 && /\[|\b(?:event|person|groups)\b/.test(liquid.slice(tag));
}

/** Whether one of two paths leads to the other. A property's own name may have dots in it. */
function overlap(one: string, other: string): boolean {
  return `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
}
