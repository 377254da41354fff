import module from "node:module";
import * as pulumi from "@pulumi/pulumi";

// Pulumi's entry, plain JavaScript: an older Node can read this file and say so, but not the program in TypeScript.
if (Number.parseInt(process.versions.node, 10) < 24) {
  throw new pulumi.RunError(
    `This program needs Node 24, and this is ${process.version}. Run "npm run setup" once, which brings Node 24; then use "npx pulumi" instead of "pulumi".`,
  );
}
module.enableCompileCache();
/** The stack's outputs. */
export const { destinations, receiverEnvironmentFile } = await import("./index.ts");
