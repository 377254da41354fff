import { isMap, type Path } from "../path.ts";
import type { Report } from "../report.ts";

/** The stack's configuration. `undefined`: not set. */
export type Resolver = {
  /** The value parsed (`true`, `5`, a map), never one that is stored as a secret. */
  config(key: string): unknown;
  secret(key: string): string | undefined;
  /** Whether it was set as a secret. */
  isSecret(key: string): boolean;
};

/** What a place in the file takes. */
export type Places = {
  /** Hog templates: what is inserted is text, never a template. */
  isTemplate(path: Path): boolean;
  /** Kept encrypted by PostHog. */
  isSecret(path: Path): boolean;
  /** Only text: `pulumi config set channel 123` is a number, and the text of it is meant. */
  isText(path: Path): boolean;
  /** Where a secret may stand, for a hint. */
  secretPlaces: string;
};

export type Resolved = {
  value: unknown;
  /** Where a `${secret:}` stood. */
  secrets: Path[];
  /** Their values, also as they stand in a template. */
  secretValues: string[];
  /** Where nothing can be said about the value: it is not known, or must not be shown. */
  unknown: Path[];
};

// `${event.properties.price}` is a dollar sign before a template: a reference has a kind and a colon.
const REFERENCE = /\$\{([A-Za-z]+):([^{}]*)\}/g;
// Nearly one: `${ config:key }`, `${secret.key}`.
const MEANT = /\$\{\s*(?:config|secret)\b/;
/** What PostHog takes for no secret at all, and for a word to keep the one it has (contract §1.7). */
const UNUSABLE = new Map<unknown, string>([
  ["", "empty"],
  ["********", "only the mask that PostHog shows in place of a secret"],
]);
const OWN_SECRETS = ["apiKey", "signingKey"];
const KEY = /^[A-Za-z][\w.-]*$/;

/**
 * Puts values for `${config:key}` and `${secret:key}`: alone in a value they keep their type, inside text they are
 * inserted. Without a resolver (offline) each stands for itself. What is inserted is text, never a template.
 */
export function resolveReferences(
  file: unknown,
  resolver: Resolver | undefined,
  stack: string | undefined,
  places: Places,
  report: Report,
): Resolved {
  const resolved: Resolved = { value: undefined, secrets: [], secretValues: [], unknown: [] };

  function resolve(value: unknown, path: Path): unknown {
    if (typeof value === "string") return value.includes("${") ? resolveText(value, path) : value;
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]));
    if (!isMap(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (MEANT.test(key)) {
          const message = "a key is not filled in from the configuration";
          report({ code: "HW021", path: [...path, key], part: "key", message, hint: "Write the key out." });
        }
        return [key, resolve(item, [...path, key])];
      }),
    );
  }

  function resolveText(text: string, path: Path): unknown {
    if (MEANT.test(text.replace(REFERENCE, ""))) {
      const hint = `A reference has a colon and no blanks: \${config:key}, \${secret:key}.`;
      report({
        code: "HW021",
        path,
        message: "a reference is not written as one, so it would stay as it is",
        hint,
      });
    }
    const [alone] = text.matchAll(REFERENCE);
    if (alone?.[0] === text) {
      const found = lookUp(alone[1] ?? "", alone[2] ?? "", path);
      const value = places.isText(path) && isSingle(found) ? String(found) : found;
      return places.isTemplate(path) ? escapeTemplates(value) : value;
    }
    return text.replace(REFERENCE, (_match, kind: string, key: string) => {
      const value = lookUp(kind, key, path);
      if (!isSingle(value)) {
        report({
          code: "HW021",
          path,
          message: `\`\${${kind}:${key}}\` is not a single value, so it cannot stand inside text`,
        });
      }
      return String(places.isTemplate(path) ? escapeTemplates(value) : value);
    });
  }

  function lookUp(kind: string, key: string, path: Path): unknown {
    const name = `${kind}:${key}`;
    if (kind !== "config" && kind !== "secret") {
      const hint = `There are \${config:key} and \${secret:key}, both from \`npx pulumi config\`.`;
      report({ code: "HW021", path, message: `there is no reference \`\${${name}}\``, hint });
      return name;
    }
    if (!KEY.test(key)) {
      const hint = "A key starts with a letter; letters, digits, `_`, `-` and `.` follow.";
      report({ code: "HW021", path, message: `\`${key}\` is not a configuration key`, hint });
      return name;
    }
    if (OWN_SECRETS.includes(key)) {
      const message = `\`${key}\` is what Hogwire itself works with: it is not sent anywhere`;
      report({ code: "HW021", path, message, hint: "Set a secret of its own for this." });
      resolved.unknown.push(path);
      return name;
    }
    if (kind === "config" && resolver?.isSecret(key)) {
      const message = `\`${key}\` is a secret in this stack: \`\${config:}\` would put it where everybody can read it`;
      report({ code: "HW022", path, message, hint: `Write \`\${secret:${key}}\`. ${places.secretPlaces}` });
      resolved.unknown.push(path);
      return name;
    }
    if (kind === "secret") {
      resolved.secrets.push(path);
      if (!places.isSecret(path)) {
        const message = `\`\${${name}}\` stands in \`${placeName(path)}\`, which PostHog shows to everyone who may read destinations`;
        report({ code: "HW022", path, message, hint: places.secretPlaces });
        resolved.unknown.push(path); // whatever else is wrong there would quote the secret
      }
    }
    const value = kind === "secret" ? resolver?.secret(key) : resolver?.config(key);
    if (kind === "secret" && typeof value === "string" && value !== "") {
      resolved.secretValues.push(value, String(escapeTemplates(value)));
    }
    const unusable = kind === "secret" ? UNUSABLE.get(value) : undefined;
    if (value !== undefined && value !== null && unusable === undefined) return value;
    resolved.unknown.push(path);
    if (resolver !== undefined) {
      // The passphrase of `dev` is no secret.
      const passphrase = stack === "dev" ? "PULUMI_CONFIG_PASSPHRASE=sandbox " : "";
      const command = `${passphrase}npx pulumi config set ${kind === "secret" ? `--secret hogwire:${key}` : `hogwire:${key} VALUE`}`;
      const hint = `Set it: ${command}${stack === undefined ? "" : ` --stack ${stack}`}`;
      report({ code: "HW020", path, message: `\`\${${name}}\` is ${unusable ?? "not set"}`, hint });
    }
    return name;
  }

  resolved.value = resolve(file, []);
  return resolved;
}

function isSingle(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

/** Contract §5.1: `{` starts a template and a backslash an escape. Secrets are templated as well (§1.7). */
function escapeTemplates(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/[\\{]/g, "\\$&");
  if (Array.isArray(value)) return value.map(escapeTemplates);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeTemplates(item)]));
}

function placeName(path: Path): string {
  return path.join(".");
}
