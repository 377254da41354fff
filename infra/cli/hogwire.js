#!/usr/bin/env node
import module from "node:module";

// Plain JavaScript: an older Node can read this file and say so, but not the commands in TypeScript.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Hogwire needs Node 24, and this is ${process.version}. Run "npm run setup" once, which brings Node 24; then use "npx hogwire".`,
  );
  process.exit(1);
}
module.enableCompileCache();
await import("./main.ts");
