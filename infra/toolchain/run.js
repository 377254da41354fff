import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { layout, projectEnvironment, ToolchainError } from "./layout.js";
import { nodeIsMissing } from "./node.js";
import { runOpenly, runQuietly } from "./run-program.js";
import { setUp } from "./set-up.js";

/**
 * What the npm scripts call: `node infra/toolchain/run.js setup | start | stop | test [vitest's arguments] | test:long |
 * test:contract | bench NAME | generate | pulumi VERB …`.
 */

const place = layout();
const [command, ...args] = process.argv.slice(2);

try {
  if (command === "setup") await setUp({ tests: false });
  else if (command === "start") await start();
  else if (command === "stop") await stop();
  else if (command === "test") await test(args);
  else if (command === "test:long") await testLong(args);
  else if (command === "test:contract") await testContract(args);
  else if (command === "bench") await run("bench/main.ts", ...args);
  else if (command === "generate") await generate();
  else if (command === "pulumi") await pulumi(args);
  else
    throw new ToolchainError(
      "Use npm start, npm stop, npm test, or npm run setup | up | preview | refresh | destroy | bench | generate | test:long | test:contract.",
    );
} catch (error) {
  if (!(error instanceof ToolchainError)) throw error;
  console.error(`✘ ${error.message}`);
  process.exitCode = 1;
}

async function start() {
  await setUp({ tests: false });
  process.exitCode = await project("node", "infra/cli/start.ts", ...args);
}

async function stop() {
  if (nodeIsMissing(place))
    throw new ToolchainError("Nothing to stop: this checkout is not set up (npm start).");
  process.exitCode = await project("node", "infra/cli/stop.ts", ...args);
}

/**
 * Stops at the first check that fails. With arguments only vitest runs: `npm test -- infra/hog`.
 *
 * @param {string[]} chosen
 */
async function test(chosen) {
  await setUp({ tests: true, browser: true });
  const all = [
    { name: "Lint", run: ["biome", "ci", "--error-on-warnings"] },
    { name: "Types", run: ["tsc"] },
    { name: "Tests", run: ["vitest", "run"] },
  ];
  const checks = chosen.length === 0 ? all : [{ name: "Tests", run: ["vitest", "run", ...chosen] }];
  for (const { name, run } of checks) {
    console.log(`\n${name}: ${run.join(" ")}`);
    const [program = "", ...rest] = run;
    if ((await project(program, ...rest)) !== 0)
      throw new ToolchainError(`${name} failed: npx ${run.join(" ")}`);
  }
}

/**
 * The same tests with many more random inputs, where a test knows `LONG`.
 *
 * @param {string[]} chosen
 */
async function testLong(chosen) {
  await setUp({ tests: true, browser: true });
  process.env.LONG = "1";
  process.exitCode = await project("vitest", "run", "--testTimeout=1800000", ...chosen);
}

/**
 * Holds each fact of the contract against the sandbox or, where the environment names one, against a PostHog: one
 * request after the other then, as its limits are shared (docs/3-sandbox.md).
 *
 * @param {string[]} chosen
 */
async function testContract(chosen) {
  await setUp({ tests: true });
  /** @type {string[]} */
  const remotely = [];
  if (process.env.HOGWIRE_CONTRACT_HOST) {
    remotely.push("--no-file-parallelism");
    process.env.HOGWIRE_CONTRACT_RUN ??= randomUUID().slice(0, 8);
    process.exitCode = await project("node", "infra/sandbox/contract/ready.ts");
    if (process.exitCode !== 0) return;
    console.log(`Everything made carries the name hogwire-contract-${process.env.HOGWIRE_CONTRACT_RUN}`);
  }
  process.exitCode = await project("vitest", "run", ".contract.ts", ...remotely, ...chosen);
}

/**
 * Writes anew what is made from the code: the JSON Schemas, the table of the contract's facts, and the outputs and the
 * index of the rules' pages.
 */
async function generate() {
  await run("infra/spec/json-schema.ts");
  process.exitCode ||= await project("node", "infra/sandbox/contract/table.ts", "docs/contract.md");
  process.env.UPDATE = "1";
  process.exitCode ||= await project("vitest", "run", "infra/e2e/rules.test.ts");
}

/**
 * @param {string} file
 * @param {...string} rest
 */
async function run(file, ...rest) {
  await setUp({ tests: true });
  process.exitCode = await project("node", file, ...rest);
}

/**
 * For the stack `dev`, unless another is named; any other needs its own passphrase.
 *
 * @param {string[]} words
 */
async function pulumi([verb = "", ...options]) {
  await setUp({ tests: false });
  mkdirSync(place.state, { recursive: true });
  const named = options.findIndex((option) => /^(-s|--stack)(=|$)/.test(option));
  const stack = named < 0 ? "dev" : (options[named]?.split("=")[1] ?? options[named + 1]);
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...projectEnvironment(place), PULUMI_SKIP_UPDATE_CHECK: "true" };
  // Whatever passphrase is exported is another stack's.
  if (stack === "dev") env.PULUMI_CONFIG_PASSPHRASE = "sandbox";

  if (named < 0) {
    options.unshift("--stack", "dev");
    const stacks = await runQuietly(place.pulumi, ["stack", "ls", "--json"], { cwd: place.root, env });
    if (!/"name": "dev"/.test(stacks)) {
      await runQuietly(place.pulumi, ["stack", "select", "dev", "--create"], { cwd: place.root, env });
    }
  }
  process.exitCode = await runOpenly(place.pulumi, [verb, ...options], { cwd: place.root, env });
}

/**
 * Runs a program of the project, on its own Node, in this terminal.
 *
 * @param {string} program
 * @param {...string} rest
 */
function project(program, ...rest) {
  return runOpenly(join(place.packages, ".bin", program), rest, {
    cwd: place.root,
    env: projectEnvironment(place),
  });
}
