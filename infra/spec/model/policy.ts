import { z } from "zod";
import { described } from "./described.ts";

/** `policy.yaml`: what may leave, for every destination of the project. This project's own receiver is not "leaving". */
export const policyModel = z.strictObject({
  hosts: described(
    z.array(z.string().min(1)).optional(),
    "the only hosts that may be sent to; `*.acme.example` is every host below it",
    ["hooks.example", "*.acme.example"],
  ),
  forbidden_fields: described(
    z
      .array(z.string().regex(/^(event|person|groups)\./, "a part of `event`, `person` or `groups`"))
      .optional(),
    "fields that may not be sent",
    ["person.properties.phone", "event.properties.$ip"],
  ),
});

export type Policy = z.infer<typeof policyModel>;
