import type { Context } from "hono";

/** An answer that PostHog gives instead of the one asked for: one flat object, the first error only (contract §1.13). */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly body: { type: string; code: string; detail: string; attr: string | null };
  readonly headers: Record<string, string>;

  constructor(status: number, body: ApiError["body"], headers: Record<string, string> = {}) {
    super(body.detail);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** 400. `attr` is the path of the field, joined with `__`; null for the whole body. */
export function invalid(attr: string | null, detail: string, code = "invalid_input"): ApiError {
  return new ApiError(400, { type: "validation_error", code, detail, attr });
}

export function unreadable(detail: string): ApiError {
  return new ApiError(400, { type: "invalid_request", code: "parse_error", detail, attr: null });
}

export function unauthorized(code: "not_authenticated" | "authentication_failed", detail: string): ApiError {
  return new ApiError(401, { type: "authentication_error", code, detail, attr: null });
}

export function forbidden(detail: string): ApiError {
  return new ApiError(403, { type: "authentication_error", code: "permission_denied", detail, attr: null });
}

export function notFound(detail: string): ApiError {
  return new ApiError(404, { type: "invalid_request", code: "not_found", detail, attr: null });
}

function methodNotAllowed(method: string): ApiError {
  const detail = `Method "${method}" not allowed.`;
  return new ApiError(405, { type: "invalid_request", code: "method_not_allowed", detail, attr: null });
}

/** For a route that takes other methods only. */
export function refuseMethod(c: Context): never {
  throw methodNotAllowed(c.req.method);
}

/** 409, whose `type` says server_error: a client must not retry it like a 5xx (contract §1.13). */
export function stale(): ApiError {
  const detail =
    "This function changed since you previewed the publish, either the draft or the live config. " +
    "Preview again to see where things stand now.";
  return new ApiError(409, { type: "server_error", code: "stale_update", detail, attr: null });
}

export function throttled(seconds: number): ApiError {
  const detail = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  const body = { type: "throttled_error", code: "throttled", detail, attr: null };
  return new ApiError(429, body, { "Retry-After": String(seconds) });
}

export function serverError(status = 500): ApiError {
  const detail = "A server error occurred.";
  return new ApiError(status, { type: "server_error", code: "error", detail, attr: null });
}

/** Our own 501: the sandbox refuses by name what it cannot do, rather than answer wrongly. */
export function notInSandbox(what: string): ApiError {
  const detail = `The sandbox does not have ${what}.`;
  return new ApiError(501, { type: "server_error", code: "not_in_sandbox", detail, attr: null });
}
