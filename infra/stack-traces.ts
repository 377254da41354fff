/**
 * Pulumi's SDK takes a stack trace for each promise it makes (`debuggable.js`), to name those that never settle, and its
 * source-map hook looks at each frame: at 1,000 destinations 37 % of what a preview's program computes. From here on those
 * have none; all other errors keep theirs, so there is nothing to weigh and no number of resources from which it is done.
 */
export function skipStackTracesOfPulumi(): void {
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  const { prepareStackTrace = formatted } = Error;
  Error.prepareStackTrace = (error, frames) =>
    isOfPulumi(error, frames) ? "" : prepareStackTrace(error, frames);
}

/** `new Error().stack`, which is never thrown. */
function isOfPulumi({ message }: Error, [first]: NodeJS.CallSite[]): boolean {
  return message === "" && (first?.getFileName() ?? "").includes("/@pulumi/pulumi/");
}

function formatted(error: Error, frames: NodeJS.CallSite[]): string {
  return [error, ...frames].join("\n    at ");
}
