import { createRequire } from "node:module";

// The machine takes the names of months and days from luxon, in the computer's language; in PostHog that is English. To ask
// the computer for its language would also take longer than the rest of the machine's start.
const luxon: typeof import("luxon") = createRequire(import.meta.url)("luxon");
luxon.Settings.defaultLocale = "en-US";
