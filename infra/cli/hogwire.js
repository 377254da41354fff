#!/usr/bin/env node
import module from "node:module";

// Plain JavaScript: an older Node can read this file and say so, but not the commands in TypeScript.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Hogwire needs Node 24 and runs on ${process.version}: use "npx hogwire", it brings Node 24 (once "npm start" has set it up).`,
  );
  process.exit(1);
}
module.enableCompileCache();
await import("./main.ts");
