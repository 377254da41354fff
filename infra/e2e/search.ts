import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";

/**
 * For tests: the names of the secrets that stand in the text, as they are, escaped by JSON, Hog or a URL, a line of one, or in
 * base64 or hex. Backslashes are dropped on both sides, so that no number of escapes hides one. Shares nothing with the code
 * that hides.
 */
export function secretsIn(text: string, secrets: Record<string, string>): string[] {
  const escaped = plain(text);
  return Object.entries(secrets)
    .filter(([, secret]) => needlesOf(secret).some((needle) => escaped.includes(needle)))
    .map(([name]) => name);
}

function needlesOf(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => line.length > 8);
  const bytes = [Buffer.from(secret), Buffer.from(secret.replace("whsec_", ""), "base64")];
  // The middle of three: where it begins in a longer text decides how it is cut into characters.
  const base64 = [0, 1, 2].flatMap((before) => {
    const [text = ""] = bytes.map((one) => Buffer.concat([Buffer.alloc(before), one]).toString("base64"));
    return [text, text.replaceAll("+", "-").replaceAll("/", "_")].map((form) => form.slice(4, -4));
  });
  const encoded = [encodeURIComponent(secret), ...bytes.map((one) => one.toString("hex"))];
  const body = secret.startsWith("whsec_") ? [secret.slice("whsec_".length)] : [];
  return [...lines, ...encoded, ...base64, ...body].map(plain);
}

function plain(text: string): string {
  return text
    .replace(/\\+u([0-9a-f]{4})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll("\\", "");
}

/** Processes that live for less than a moment may be missed; none of ours does. */
export function sampleArguments(): { stop(): string } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const line of argumentsNow()) seen.add(line);
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return [...seen].join("\n");
    },
  };
}

function argumentsNow(): string[] {
  if (!existsSync("/proc/self/cmdline"))
    return execFileSync("ps", ["-axww", "-o", "command="], { encoding: "utf8" }).split("\n");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => bytesOf(`/proc/${pid}/cmdline`).toString().replaceAll("\0", " "));
}

/** Every file below the folder, unpacked. */
export function contentOf(folder: string, isMeant: (name: string) => boolean = () => true): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isMeant(entry.name))
    .map((entry) => unpacked(bytesOf(join(entry.parentPath, entry.name))).toString("latin1"))
    .join("\n");
}

/** Another process may not be done with it. */
function unpacked(bytes: Buffer): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
}

/** Processes end and Pulumi renames its logs while one looks. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
