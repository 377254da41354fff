import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Bytecode } from "../../hog/types.ts";
import { invalid, notInSandbox } from "../http/api-error.ts";
import type { HogTemplate } from "../templates/template-routes.ts";

const maxBytes = 100 * 1024;
const callGlobal = 2; // the machine's CALL_GLOBAL, which the name follows

/** What only PostHog's own templates may call (contract §1.4); its list may be longer than the contract's. */
const reserved = ["sendEmail", "sendPushNotification"];

/** A function's code, in the limits of contract §1.4; PostHog tells of an error no position. */
export function compileHog(hog: string, template: HogTemplate | undefined, compiler: HogCompiler): Bytecode {
  if (Buffer.byteLength(hog) > maxBytes) {
    const detail =
      "HOG code exceeds maximum size of 100KB. Please simplify your code or contact support if you need this limit increased.";
    throw invalid("hog", detail);
  }
  const bytecode = compile(hog, compiler);
  const own = template ? reservedIn(compiler.program(template.code)) : [];
  const unexpected = reservedIn(bytecode).filter((name) => !own.includes(name));
  if (unexpected.length > 0) {
    const detail =
      `Reserved for PostHog's own use and not callable from a function's code: ${unexpected.join(", ")}. ` +
      "Use the matching workflow step or destination template instead.";
    throw invalid("hog", detail);
  }
  return bytecode;
}

function compile(hog: string, compiler: HogCompiler): Bytecode {
  try {
    return compiler.program(hog);
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    if (error.kind === "unsupported") throw notInSandbox(`the Hog of this function: ${error.message}`);
    throw invalid("hog", error.message.startsWith("Hyphens") ? error.message : "Hog code has errors.");
  }
}

function reservedIn(bytecode: Bytecode): string[] {
  return reserved.filter((name) =>
    bytecode.some((one, index) => one === name && bytecode[index - 1] === callGlobal),
  );
}
