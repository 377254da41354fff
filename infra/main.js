import * as pulumi from "@pulumi/pulumi";

// Pulumi's entry, plain JavaScript: an older Node can read this file and say so, but not the program in TypeScript.
if (Number.parseInt(process.versions.node, 10) < 24) {
  throw new pulumi.RunError(
    `This program needs Node 24 and runs on ${process.version}: use "npx pulumi" instead of "pulumi", it brings Node 24 (once "npm start" has set it up).`,
  );
}
/** The stack's outputs. */
export const { destinations, receiverEnvironmentFile } = await import("./index.ts");
