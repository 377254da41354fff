import { ApiError, invalid, notInSandbox } from "../http/api-error.ts";

// What PostHog answers to a query that it will not run (`posthog/hogql/errors.py`), always with status 400.

/** It cannot be read. */
export function syntaxError(detail: string): ApiError {
  return invalid(null, detail, "hogql_syntax_error");
}

/** It can be read, and means nothing. */
export function queryError(detail: string): ApiError {
  return invalid(null, detail, "hogql_query_error");
}

/** ClickHouse refuses it; `code` is the name of its error in small letters. */
export function clickHouseError(code: string, detail: string): ApiError {
  return invalid(null, detail, code);
}

/** 501: PostHog may answer it, the sandbox says what it lacks. */
export function missing(what: string): ApiError {
  return notInSandbox(`${what} in HogQL`);
}

export function tooSlow(): ApiError {
  const detail = "Query has hit the max execution time before completing.";
  return new ApiError(504, { type: "server_error", code: "error", detail, attr: null });
}
