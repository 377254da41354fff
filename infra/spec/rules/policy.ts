import type { Path } from "../path.ts";
import type { Subject } from "./rule.ts";

/** Law 5's neighbour: what may leave, and where to. This project's own receiver is not "leaving". */
export function checkHosts({ file, way, policy: { hosts }, secrets, report }: Subject): void {
  if (hosts === undefined || way === undefined) return;
  const refuse = (path: Path, what: string) =>
    report({
      code: "HW080",
      path,
      message: `policy.yaml does not allow to send to ${what}`,
      hint: `It allows ${hosts.length === 0 ? "nothing" : hosts.join(", ")}.`,
    });
  if (file.webhook?.url !== undefined) {
    const path = ["webhook", "url"];
    const [host = ""] = /^https?:/i.test(file.webhook.url) ? hostsIn(file.webhook.url) : [];
    const isSecret = secrets.some((secret) => secret.join(".") === "webhook.url");
    if (!isAllowed(host, hosts)) refuse(path, isSecret ? "this secret address" : inWords(host));
  } else if ("template" in way && !isAllowed(file.slack ? "slack.com" : way.template.id, hosts)) {
    refuse(
      file.slack ? ["slack"] : ["template", "id"],
      file.slack ? "`slack.com`" : `\`${way.template.id}\``,
    );
  } else if ("hog" in way) {
    const texts = [way.hog.code, JSON.stringify(way.hog.inputs ?? {})].join(" ");
    for (const host of hostsIn(texts)) if (!isAllowed(host, hosts)) refuse(["hog", "code"], inWords(host));
  }
}

/** The hosts of a text's addresses; "" for one that an event or a person would choose, or that hides behind an `@`. */
function hostsIn(text: string): string[] {
  return [...text.matchAll(/https?:\/\/([^/?#\\\s'"`]*)/gi)].map(([, authority = ""]) =>
    /[{}@]/.test(authority) ? "" : authority.replace(/:\d+$/, "").toLowerCase(),
  );
}

function inWords(host: string): string {
  return host === "" ? "a host that is not written out" : `\`${host}\``;
}

function isAllowed(host: string, hosts: string[]): boolean {
  return hosts
    .map((allowed) => allowed.toLowerCase())
    .some((allowed) => allowed === host || (allowed.startsWith("*.") && host.endsWith(allowed.slice(1))));
}

export function checkForbiddenFields({ texts, way, policy, compiler, report }: Subject): void {
  const forbidden = (policy.forbidden_fields ?? []).map((field) => ({ field, path: field.split(".") }));
  if (forbidden.length === 0) return;
  const refuse = (path: Path, field: string, what: string, within?: { start: number; end: number }) =>
    report({
      code: "HW081",
      path,
      message: `${what} \`${field}\`, which policy.yaml forbids to send`,
      hint: "Send only the fields that are needed, each by its name.",
      ...(within ? { within } : {}),
    });
  for (const { text, path, liquid, preset } of texts) {
    if (path[0] === "masking") continue;
    if (liquid) {
      const found = forbidden.find(({ field }) => text.includes(field));
      if (found) refuse(path, found.field, "this Liquid template reads");
      continue;
    }
    for (const { name, path: fields, start, end } of compiler.globals(text)) {
      const read = [name, ...fields];
      const found = forbidden.find((one) => isWithin(read, one.path) || isWithin(one.path, read));
      if (found)
        refuse(path, found.field, `\`{${read.join(".")}}\` carries`, preset ? undefined : { start, end });
    }
  }
  if (way === undefined || !("hog" in way)) return;
  const inCode = forbidden.find(({ field }) => way.hog.code.includes(field));
  if (inCode) refuse(["hog", "code"], inCode.field, "the code reads");
}

/** Whether `path` lies at or below `root`. */
function isWithin(path: string[], root: string[]): boolean {
  return root.every((key, at) => path[at] === key);
}
