import type { Subject } from "./rule.ts";

/** Contract §4.6: PostHog's own Content-Type is there only where no header is given at all. */
export function checkContentType({ file: { webhook }, report }: Subject): void {
  const { headers = {}, method = "POST" } = webhook ?? {};
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (names.length === 0 || names.includes("content-type") || method === "GET") return;
  report({
    code: "HW076",
    severity: "warning",
    path: ["webhook", "headers"],
    part: "key",
    message: "with headers of your own the body goes out without a Content-Type",
    hint: "Add `Content-Type: application/json`.",
    fix: { kind: "set", path: ["webhook", "headers", "Content-Type"], value: "application/json" },
  });
}

/** Contract §11.14: request and response are logged, with the personal data in them. */
export function checkDebug({ file: { webhook, template }, stack, report }: Subject): void {
  if (stack === "dev") return;
  const paths = [
    ...(webhook?.debug ? [["webhook", "debug"]] : []),
    ...(template?.inputs?.debug === true ? [["template", "inputs", "debug"]] : []),
  ];
  for (const path of paths) {
    const message = "`debug` writes each request and response to PostHog's log, personal data included";
    const hint = "Write it where it is needed: `environments: { dev: … }`.";
    report({ code: "HW077", severity: "warning", path, message, hint });
  }
}
