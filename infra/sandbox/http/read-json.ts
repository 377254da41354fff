import { ApiError, notInSandbox, unreadable } from "./api-error.ts";
import { nestsDeeperThan } from "./nesting.ts";

/** Deeper than anything means to be; Python gives up at about 1,000. */
const mostLevels = 500;

/** The body of an API request, `{}` if there is none; 415 unless it says it is JSON, 400 when it is not (contract §1.13). */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  const text = await request.text();
  if (text === "") return {};
  if (/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) {
    throw notInSandbox("bodies that are forms");
  }
  if (!/^application\/json\b/i.test(type)) {
    const detail = `Unsupported media type "${type}" in request.`;
    throw new ApiError(415, { type: "invalid_request", code: "unsupported_media_type", detail, attr: null });
  }
  return parsed(text);
}

/** The body of a request for what PostHog does not have, whatever type it says it is; 400 when it is no JSON. */
export async function readUntypedJson(request: Request): Promise<unknown> {
  return parsed(await request.text());
}

function parsed(text: string): unknown {
  if (nestsDeeperThan(mostLevels, text)) throw unreadable("JSON parse error - it is nested too deep");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`JSON parse error - ${error instanceof Error ? error.message : error}`);
  }
}
