import { spawn } from "node:child_process";
import { ToolchainError } from "./layout.js";

/**
 * Runs a program without showing its words. Resolves with what it wrote; rejects with a `ToolchainError` that ends in
 * the last of it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} [options] `timeout` in ms
 * @returns {Promise<string>}
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    const title = [command, ...args.slice(0, 2)].join(" ");
    child.once("error", (cause) => reject(new ToolchainError(`${title}: ${cause.message}`, { cause })));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const end = output.trimEnd().split("\n").slice(-25).join("\n");
      reject(new ToolchainError(`${title} failed (${signal ?? `exit code ${code}`}):\n${end}`));
    });
  });
}

/**
 * Runs a program in this terminal. Ctrl-C reaches it directly (one process group) and it decides what to do, so this
 * process only waits; the other signals are passed on.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
export function runOpenly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit" });
    const wait = () => {};
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    process.on("SIGINT", wait).on("SIGTERM", pass).on("SIGHUP", pass);
    child.once("error", (cause) => reject(new ToolchainError(`${command}: ${cause.message}`, { cause })));
    child.once("close", (code) => {
      process.off("SIGINT", wait).off("SIGTERM", pass).off("SIGHUP", pass);
      resolve(code ?? 1);
    });
  });
}
