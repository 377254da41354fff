import { createRequire } from "node:module";

// While it loads, the machine makes a date, for which luxon asks the computer for its language; that takes longer than all else
// at the machine's start, and the machine writes dates in English anyway.
const luxon: typeof import("luxon") = createRequire(import.meta.url)("luxon");
luxon.Settings.defaultLocale = "en-US";
