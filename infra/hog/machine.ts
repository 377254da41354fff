import "./machine-locale.ts"; // before the machine is loaded
// A CommonJS bundle without names that Node can see: only the default import works.
import vm from "@posthog/hogvm";

export { vm };
