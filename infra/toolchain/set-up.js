import { existsSync } from "node:fs";
import { join } from "node:path";
import { browserIsMissing, installBrowser } from "./browser.js";
import { commandPluginIsMissing, commandPluginKind, installCommandPlugin } from "./command-plugin.js";
import { layout } from "./layout.js";
import { withLock } from "./lock.js";
import { installNode, nodeIsMissing } from "./node.js";
import { installPackages, packagesAreMissing } from "./packages.js";
import { createProgress } from "./progress.js";
import { cliIsMissing, installCli } from "./pulumi-cli.js";

/**
 * Installs what is missing of Node 24, the packages, the Pulumi CLI, its command plugin and the browser, and says so;
 * silent when nothing is. Throws a `ToolchainError` that says what to do.
 *
 * @param {{ tests: boolean, browser?: boolean }} what with the test-only packages? with a browser?
 */
export async function setUp({ tests, browser = false }, place = layout(), progress = createProgress()) {
  const steps = [
    { isMissing: () => packagesAreMissing(place, tests), install: packages },
    { isMissing: () => nodeIsMissing(place), install: node },
    { isMissing: () => cliIsMissing(place), install: () => installCli(place, progress) },
    { isMissing: () => browser && browserIsMissing(), install: chromium },
    { isMissing: () => commandPluginIsMissing(place), install: () => installCommandPlugin(place, progress) },
  ];
  if (!steps.some((step) => step.isMissing())) return;
  progress.line(existsSync(place.packages) ? "Setting up what is missing" : "Setting up (first time only)");
  try {
    await withLock(
      join(place.state, "set-up.lock"),
      async () => {
        for (const step of steps) if (step.isMissing()) await step.install();
      },
      (owner) =>
        progress.begin(
          `Waiting for process ${owner}, which is setting up the same folder (if it is not, remove .state/set-up.lock)`,
        ),
    );
  } finally {
    progress.stop();
  }
  progress.line(`  ✔ ${summary()}`);

  function packages() {
    progress.begin("Installing packages", "less than a minute");
    return installPackages(place, tests);
  }

  function chromium() {
    progress.begin("Installing Chromium for the console's test", "about a minute");
    return installBrowser(progress);
  }

  function node() {
    progress.begin(`Installing Node ${place.versions.node}`);
    return installNode(place);
  }

  function summary() {
    const { node, pulumi } = place.versions;
    const parts = [`Node ${Number.parseInt(node, 10)}`, "packages", `Pulumi ${pulumi.replace(/\.\d+$/, "")}`];
    if (commandPluginKind(place) === "stand-in") parts.push("stand-in for Pulumi's command plugin");
    return parts.join(" · ");
  }
}
