// What `#provider` leads to, in plain CommonJS: an older Node can read this file and say so, but not the provider.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const error = new Error(
    `Hogwire's provider needs Node 24, and this is ${process.version}. Run "npm run setup" once, which brings Node 24; then use "npx pulumi" instead of "pulumi".`,
  );
  error.stack = error.message;
  throw error;
}
require("node:module").enableCompileCache();
module.exports = require("./index.ts");
