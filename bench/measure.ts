import { spawn } from "node:child_process";
import { once } from "node:events";

export type Measured = { milliseconds: number; peakMb: number };

/** Runs a bench file as a program of its own, cold as a command is; `input` comes on its standard input as JSON. */
export async function inProcess(file: string, args: string[], input: unknown): Promise<Measured> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(input));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${file} ${args[0]} failed`);
  return JSON.parse(output) as Measured; // printed by the same file
}

/** Whether a bench file runs as that program. */
export function isChild({ main }: ImportMeta): boolean {
  return main === true;
}

/** The one in the middle: neither the lucky round nor the one that something else disturbed. */
export function median<T>(rounds: T[], by: (round: T) => number): T {
  const middle = rounds.toSorted((a, b) => by(a) - by(b))[rounds.length >> 1];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

/** The last line of a bench: `NAME: key=value …`. */
export function report(name: string, values: Record<string, number>): void {
  const shown = Object.entries(values).map(([key, value]) => `${key}=${rounded(value)}`);
  console.log(`${name}: ${shown.join(" ")}`);
}

function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
