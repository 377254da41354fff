/** What is wrong with a source text, or what this compiler does not support; offsets are UTF-16, into the text given. */
export class HogError extends Error {
  readonly kind: "syntax" | "unsupported";
  readonly start?: number;
  readonly end?: number;

  constructor(
    kind: "syntax" | "unsupported",
    message: string,
    span?: { start: number; end: number },
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "HogError";
    this.kind = kind;
    if (span) {
      this.start = span.start;
      this.end = span.end;
    }
  }
}
