export type PostHogErrorFields = {
  /** HTTP status; 0 when no answer came (refused, cut, timed out). */
  status: number;
  type?: string | undefined;
  code?: string | undefined;
  detail: string;
  attr?: string | null | undefined;
  /** As the header of a 429 says it. */
  retryAfter?: string | null | undefined;
  /** `GET https://…/api/…`, for the message. */
  request: string;
};

/** What PostHog answered instead of doing it (contract §1.13); the message says what to do. */
export class PostHogError extends Error {
  override readonly name = "PostHogError";
  readonly status: number;
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly detail: string;
  readonly attr: string | null | undefined;
  readonly retryAfter: string | null | undefined;
  readonly request: string;

  constructor(fields: PostHogErrorFields, options?: ErrorOptions) {
    super(message(fields), options);
    this.status = fields.status;
    this.type = fields.type;
    this.code = fields.code;
    this.detail = fields.detail;
    this.attr = fields.attr;
    this.retryAfter = fields.retryAfter;
    this.request = fields.request;
  }

  /** The request may have been carried out all the same: look before you send it again (contract §9.11). */
  get unclear(): boolean {
    return this.status < 300 || this.status >= 500; // 0: no answer; 2xx: one that cannot be read
  }

  /** Somebody wrote since the object was read (contract §1.4). */
  get stale(): boolean {
    return this.status === 409 && this.code === "stale_update";
  }

  /** The object is not there; an unknown project or endpoint, or a proxy's 404, is not that (contract §1.13). */
  get gone(): boolean {
    return this.code === "not_found" && !["Project not found.", "Endpoint not found."].includes(this.detail);
  }
}

function message(fields: PostHogErrorFields): string {
  const { status, attr, detail, request } = fields;
  const what = attr ? `${attr.replaceAll("__", ".")}: ${detail}` : detail;
  const said =
    status === 0 ? `No answer to ${request}: ${what}` : `PostHog answered ${status} to ${request}: ${what}`;
  const help = wayOut(fields);
  return help ? `${said}\n${help}` : said;
}

function wayOut({ status, code, detail }: PostHogErrorFields): string | undefined {
  if (status === 0 && code !== "unusable_key")
    return "Is the configuration key `hogwire:host` right, and is that PostHog up? The sandbox is started by `npm start`.";
  if (status === 401 || code === "unusable_key")
    return (
      "The API key is not accepted. The environment variable POSTHOG_API_KEY wins over the configuration key `hogwire:apiKey` " +
      "(`npx pulumi config set hogwire:apiKey --secret --stack STACK`); `refresh` and `destroy` see the configuration of the last `up`."
    );
  if (status === 403)
    return (
      "The API key may not do this. In PostHog: Settings, Personal API keys; it needs the scopes hog_function:read and " +
      "hog_function:write (for event filters also action:read and action:write, for conditions on groups by name group:read), " +
      "and access to the project named by the configuration key `hogwire:projectId`."
    );
  if (status === 404 && detail === "Project not found.")
    return "Check the configuration keys `hogwire:projectId` and `hogwire:host`: US and EU are different hosts with different projects.";
  if (status === 409)
    return "Somebody else changed it at the same moment. Look at the change, then run again.";
  if (status === 429) return "The rate limit is shared by everything that uses this key. Run again later.";
  if (status >= 300 && status < 400)
    return "Set the configuration key `hogwire:host` to the address PostHog redirects to.";
  if (status >= 500)
    return "The trouble is on PostHog's side. Run again: what was done all the same is found then, and not done twice.";
  if (code === "unexpected_answer")
    return "Is the configuration key `hogwire:host` the address of a PostHog?";
  return undefined;
}
