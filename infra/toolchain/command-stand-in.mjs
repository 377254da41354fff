/**
 * A stand-in for Pulumi's `command` plugin 1.2.1, used only where Pulumi's own cannot be downloaded. It serves
 * `local.Command` and refuses the rest by name: no assets, no archives, no `remote.*`, no `local.run`.
 *
 * It is copied into Pulumi's home, so it stands alone: plain JavaScript for Node 20 and up, and Pulumi's SDK is that of
 * the program, in whose folder Pulumi starts it.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

/**
 * @typedef {Record<string, unknown>} Properties
 * @typedef {{
 *   create?: string, update?: string, delete?: string, stdin?: string, dir?: string, interpreter?: string[],
 *   environment?: Record<string, string>, triggers?: unknown[], logging?: string, addPreviousOutputInEnv?: boolean,
 *   stdout?: string, stderr?: string,
 * }} Command
 */

const remedy = "Pulumi's own plugin does: pulumi plugin install resource command 1.2.1 --reinstall";
const notice =
  "This is Hogwire's stand-in for Pulumi's command plugin, whose download could not be reached (npx hogwire doctor).";
const loggings = ["stdout", "stderr", "stdoutAndStderr", "none"];
const resourceType = "command:local:Command";

const require = createRequire(`${process.cwd()}/_`);
const { main, Engine, LogRequest, credentials, rpc } = loadSdk();
const engineAddress = process.argv.slice(2).find((word) => /^[\w.]+:\d+$/.test(word)) ?? "";
const engine = new Engine(engineAddress, credentials.createInsecure());

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
let noticed = false;
/** @type {Promise<void>} */
let lastLine = Promise.resolve();

await main(
  {
    version: "1.2.1",
    async check(urn, _olds, news) {
      return { inputs: news, failures: refusals(urn, news) };
    },
    async diff(_id, _urn, olds, news) {
      // without `changes` the engine compares the inputs itself
      const same = isDeepStrictEqual(reveal(olds.triggers ?? []), reveal(news.triggers ?? []));
      return { replaces: same ? [] : ["triggers"] };
    },
    async create(urn, inputs) {
      const outputs = await run(urn, "create", inputs);
      return { id: randomBytes(8).toString("hex"), outs: { ...inputs, ...outputs } };
    },
    async update(_id, urn, olds, news) {
      const { stdout = "", stderr = "" } = olds;
      return {
        outs: { ...news, stdout, stderr, ...(await run(urn, news.update ? "update" : "create", news, olds)) },
      };
    },
    async delete(_id, urn, properties) {
      await run(urn, "delete", properties, properties);
    },
    async invoke(token) {
      throw new Error(`The stand-in for Pulumi's command plugin does not have ${token}. ${remedy}`);
    },
    async cancel() {
      for (const { pid } of running) if (pid) process.kill(-pid, "SIGTERM");
    },
  },
  process.argv.slice(2),
);
endWithEngine();

/**
 * @param {string} urn
 * @param {Properties} news
 */
function refusals(urn, news) {
  const type = urn.split("::")[2]?.split("$").at(-1);
  if (type !== resourceType) {
    return [
      { property: "", reason: `The stand-in for Pulumi's command plugin does not have ${type}. ${remedy}` },
    ];
  }
  const failures = ["assetPaths", "archivePaths"]
    .filter((property) => news[property] !== undefined)
    .map((property) => ({
      property,
      reason: `The stand-in for Pulumi's command plugin does not have it. ${remedy}`,
    }));
  if (news.logging !== undefined && !loggings.includes(String(news.logging))) {
    failures.push({ property: "logging", reason: `It is one of ${loggings.join(", ")}` });
  }
  return failures;
}

/**
 * Runs one of the resource's commands, if it has it. The outputs are secret when any input is.
 *
 * @param {string} urn
 * @param {"create" | "update" | "delete"} operation
 * @param {Properties} properties as the engine gave them, with its marks on secrets
 * @param {Properties} [previous] the outputs of the last run
 */
async function run(urn, operation, properties, previous) {
  const command = /** @type {Command} */ (reveal(properties));
  const line = command[operation];
  if (!line) return operation === "create" ? { stdout: "", stderr: "" } : {};
  if (!noticed) log(notice);
  noticed = true;

  const secrets = secretLines(properties);
  const { code, stdout, stderr } = await execute(line, command, previousOutput(command, previous), (text) =>
    log(redact(text, secrets), urn),
  );
  await lastLine;
  if (code !== 0) {
    const words = command.logging === "none" ? "" : redact(stderr.trimEnd(), secrets);
    throw plainError(
      `${operation} failed with ${code === null ? "a signal" : `exit code ${code}`}${words && `:\n${words}`}`,
    );
  }
  const hidden = isSecret(properties);
  return { stdout: hidden ? conceal(stdout) : stdout, stderr: hidden ? conceal(stderr) : stderr };
}

/**
 * @param {string} line
 * @param {Command} command
 * @param {Record<string, string>} previous
 * @param {(line: string) => void} say
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function execute(line, { interpreter = ["/bin/sh", "-c"], dir, environment, stdin, logging }, previous, say) {
  const [program = "", ...args] = interpreter;
  if (dir !== undefined && !existsSync(dir)) throw plainError(`The folder of dir does not exist: ${dir}`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, line], {
      cwd: dir,
      env: { ...process.env, ...environment, ...previous },
      detached: true, // a process group of its own, which cancel() can end whole
    });
    running.add(child);
    const output = { stdout: "", stderr: "" };
    for (const name of /** @type {const} */ (["stdout", "stderr"])) {
      child[name].setEncoding("utf8").on("data", (text) => {
        output[name] += text;
      });
      const shown = logging === undefined || logging === "stdoutAndStderr" || logging === name;
      if (shown) createInterface({ input: child[name] }).on("line", say);
    }
    child.stdin.on("error", () => {}); // a command need not read what it is given
    child.stdin.end(stdin);
    child.once("error", (error) =>
      reject(plainError(`The interpreter ${program} cannot be started: ${error.message}`)),
    );
    child.once("close", (code) => {
      running.delete(child);
      resolve({
        code,
        stdout: output.stdout.replace(/\r?\n$/, ""),
        stderr: output.stderr.replace(/\r?\n$/, ""),
      });
    });
  });
}

/**
 * @param {Command} command
 * @param {Properties} [previous]
 * @returns {Record<string, string>}
 */
function previousOutput({ addPreviousOutputInEnv }, previous) {
  if (!previous || addPreviousOutputInEnv === false) return {};
  const { stdout = "", stderr = "" } = /** @type {Command} */ (reveal(previous));
  return { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
}

/**
 * The value without the engine's marks on secrets.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
function reveal(value) {
  if (Array.isArray(value)) return value.map(reveal);
  if (!isObject(value)) return value;
  if (isMark(value)) return reveal(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)]));
}

/** @param {string} value */
function conceal(value) {
  return { [rpc.specialSigKey]: rpc.specialSecretSig, value };
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isSecret(value) {
  return isObject(value) && (isMark(value) || Object.values(value).some(isSecret));
}

/**
 * Every line of every secret text; shorter ones than four characters would only garble what is said.
 *
 * @param {unknown} value
 * @returns {string[]}
 */
function secretLines(value, hidden = false) {
  if (typeof value === "string") return hidden ? value.split("\n").filter((line) => line.length > 3) : [];
  if (!isObject(value)) return [];
  const inside = hidden || isMark(value);
  return Object.entries(value).flatMap(([key, item]) =>
    key === rpc.specialSigKey ? [] : secretLines(item, inside),
  );
}

/**
 * @param {string} text
 * @param {string[]} secrets
 */
function redact(text, secrets) {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

/**
 * @param {unknown} value
 * @returns {value is Properties}
 */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** @param {Properties} value */
function isMark(value) {
  return value[rpc.specialSigKey] === rpc.specialSecretSig;
}

/**
 * The SDK prints the stack of an error in `delete`.
 *
 * @param {string} message
 */
function plainError(message) {
  const error = new Error(message);
  error.stack = "";
  return error;
}

/**
 * A line in the engine's output, after the lines before it.
 *
 * @param {string} message
 * @param {string} [urn]
 */
function log(message, urn = "") {
  const request = new LogRequest();
  request.setSeverity(1); // info
  request.setMessage(message);
  request.setUrn(urn);
  lastLine = lastLine.then(() => new Promise((resolve) => void engine.log(request, () => resolve())));
}

/** A killed engine does not end its plugins. */
function endWithEngine() {
  const [host, port] = engineAddress.split(":");
  const timer = setInterval(() => {
    const socket = connect(Number(port), host, () => socket.destroy());
    socket.once("error", () => process.exit(1));
  }, 1_000);
  timer.unref();
}

function loadSdk() {
  try {
    /** @type {typeof import("@pulumi/pulumi/provider/index.js")} */
    const { main } = require("@pulumi/pulumi/provider");
    /** @type {typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js")} */
    const { EngineClient: Engine } = require("@pulumi/pulumi/proto/engine_grpc_pb");
    /** @type {typeof import("@pulumi/pulumi/proto/engine_pb.js")} */
    const { LogRequest } = require("@pulumi/pulumi/proto/engine_pb");
    /** @type {typeof import("@pulumi/pulumi/runtime/rpc.js")} */
    const rpc = require("@pulumi/pulumi/runtime/rpc");
    const { credentials } = createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js");
    return { main, Engine, LogRequest, credentials, rpc };
  } catch (cause) {
    const message = `The stand-in for Pulumi's command plugin needs the npm package @pulumi/pulumi in the program. ${remedy}`;
    throw new Error(message, { cause });
  }
}
