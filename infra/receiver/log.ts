/** What may stand in a log line beside the message: never a body, a distinct_id, an e-mail address or a token. */
export type Fields = Record<string, unknown>;

/** JSON lines. Strings that look like e-mail addresses and all hidden values are redacted, wherever they stand. */
export type Log = {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log with fields on every line and more values to hide. */
  with(fields: Fields, hide?: string[]): Log;
  redact(text: string): string;
};

export function createLog(write: (line: string) => void, now: () => number = Date.now): Log {
  return logWith({}, []);

  function logWith(common: Fields, hidden: string[]): Log {
    const redact = (text: string) => redactText(text, hidden);
    function line(level: string, message: string, fields: Fields = {}): void {
      const about = { time: new Date(now()).toISOString(), level, message, ...common };
      const hide = (_key: string, value: unknown) => (typeof value === "string" ? redact(value) : value);
      try {
        write(JSON.stringify({ ...about, ...fields }, hide));
      } catch {
        // A circular field or a bigint must not fail the handler that logs it.
        write(JSON.stringify({ ...about, fields: "could not be written as JSON" }, hide));
      }
    }
    return {
      info: (message, fields) => line("info", message, fields),
      warn: (message, fields) => line("warn", message, fields),
      error: (message, fields) => line("error", message, fields),
      with: (fields, hide = []) => logWith({ ...common, ...fields }, [...hidden, ...hide]),
      redact,
    };
  }
}

/** An error as the inbox and the log keep it: name and message, on one line, redacted and cut. */
export function describeError(error: unknown, log: Log): string {
  return log.redact(textOf(error)).replace(/\s+/g, " ").slice(0, 500);
}

/** Handlers may throw anything, also what throws when it is read. */
function textOf(error: unknown): string {
  try {
    return nameAndMessage(error);
  } catch {
    return `${typeof error} was thrown`;
  }
}

function nameAndMessage(error: unknown): string {
  if (error instanceof Error) {
    // "fetch failed" says nothing; its cause does.
    const { cause } = error;
    return `${error.name}: ${error.message}${cause instanceof Error ? ` (${cause.message || cause.name})` : ""}`;
  }
  return typeof error === "string" ? error : `${typeof error} was thrown`;
}

// `%40` is how an address stands in a URL. Lengths are bounded, so that a long text without an address costs little.
const email = /[^\s@<>"(),:;\\[\]]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/giu;
// Hiding "1" or "on" would make every line unreadable and protect nothing.
const shortestHidden = 4;

function redactText(text: string, hidden: string[]): string {
  let redacted = text;
  for (const value of hidden) {
    if (value.length >= shortestHidden) redacted = redacted.replaceAll(value, "[redacted]");
  }
  return redacted.replace(email, "[e-mail]");
}
