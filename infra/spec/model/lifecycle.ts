import { z } from "zod";
import { described } from "./described.ts";

/** A file's name without `.yaml`: lower-case words with hyphens, the same on every file system. */
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Not `z.uuid()`: PostHog has given ids of a form of its own, with no version in them. */
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

const aliases = described(
  z.array(z.string().regex(SLUG, "a file's name without `.yaml`")).optional(),
  "what the file was called before: its object in PostHog is kept when the file is renamed",
  ["old-name"],
);
const protect = described(z.boolean().optional(), "refuse every run that would delete it", true);
const retain = described(z.boolean().optional(), "leave it in PostHog when it goes from here", true);

/** What a destination's file says of its object besides what it is. */
export const destinationLifecycle = {
  adopt: described(
    z.string().regex(UUID, "the id of a destination in PostHog, a UUID").optional(),
    "the id of a destination that is in PostHog already: it is taken over, once",
    "0195f3a1-7c2e-0000-8d1f-2b6a9c3e5f70",
  ),
  aliases,
  lifecycle: described(
    z
      .strictObject({
        protect,
        retain,
        upgrade: described(
          z.boolean().optional(),
          "follow the template as PostHog serves it today, code and inputs; otherwise what was copied stays",
          true,
        ),
      })
      .optional(),
    "what may become of it in PostHog",
    { protect: true },
  ),
};

/** The same of an event filter. */
export const eventFilterLifecycle = {
  adopt: described(
    z
      .union([z.string().regex(/^[1-9]\d*$/, "the number of an action in PostHog"), z.number().int().min(1)])
      .optional(),
    "the number of an action that is in PostHog already: it is taken over, once",
    123,
  ),
  aliases,
  lifecycle: described(z.strictObject({ protect, retain }).optional(), "what may become of it in PostHog", {
    protect: true,
  }),
};
