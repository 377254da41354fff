import type { HogFunction } from "../functions/hog-function.ts";

/** Whether an input of type `non_failure_status_codes` says that the status, such as 404 or one of "4xx", is fine. */
export function isNoFailure({ inputs, inputs_schema }: HogFunction, status: number | null): boolean {
  const key = inputs_schema.find(({ type }) => type === "non_failure_status_codes")?.key;
  const listed = key === undefined ? undefined : inputs[key]?.value;
  if (status === null || !Array.isArray(listed)) return false;
  return listed.some((one) => one === status || one === `${Math.floor(status / 100)}xx`);
}
