// Plover, a planning app that does not exist: where its visitors come from, what it costs, what it can do.
// Numbers are weights.

type Weighted<T> = readonly (readonly [T, number])[];

export type Referrer = { source: string; domain: string; campaign?: string };
export type Country = { code: string; name: string };
export type Device = { $browser: string; $os: string; $device_type: string };

export const site = "www.plover.example";
export const app = "app.plover.example";

export const referrers: Weighted<Referrer> = [
  [{ source: "direct", domain: "$direct" }, 34],
  [{ source: "google", domain: "www.google.com" }, 30],
  [{ source: "newsletter", domain: "$direct", campaign: "spring-planning" }, 9],
  [{ source: "ads", domain: "www.google.com", campaign: "plan-together" }, 12],
  [{ source: "partner", domain: "blog.fieldnotes.example" }, 8],
  [{ source: "social", domain: "news.ycombinator.com" }, 7],
];

export const landings = [
  ["/", 50],
  ["/pricing", 20],
  ["/templates", 14],
  ["/blog/plan-a-week", 10],
  ["/compare", 6],
] as const;

export const screens = [
  ["/today", 40],
  ["/plans", 25],
  ["/notes", 20],
  ["/team", 8],
  ["/settings", 7],
] as const;

export const countries: Weighted<Country> = [
  [{ code: "US", name: "United States" }, 32],
  [{ code: "DE", name: "Germany" }, 16],
  [{ code: "GB", name: "United Kingdom" }, 13],
  [{ code: "FR", name: "France" }, 9],
  [{ code: "IN", name: "India" }, 9],
  [{ code: "BR", name: "Brazil" }, 7],
  [{ code: "NL", name: "Netherlands" }, 6],
  [{ code: "JP", name: "Japan" }, 5],
  [{ code: "KE", name: "Kenya" }, 3],
];

export const devices: Weighted<Device> = [
  [{ $browser: "Chrome", $os: "Windows", $device_type: "Desktop" }, 34],
  [{ $browser: "Chrome", $os: "Mac OS X", $device_type: "Desktop" }, 20],
  [{ $browser: "Safari", $os: "Mac OS X", $device_type: "Desktop" }, 14],
  [{ $browser: "Firefox", $os: "Linux", $device_type: "Desktop" }, 7],
  [{ $browser: "Mobile Safari", $os: "iOS", $device_type: "Mobile" }, 15],
  [{ $browser: "Chrome", $os: "Android", $device_type: "Mobile" }, 10],
];

/** Dollars a seat and month. */
export const prices = { free: 0, pro: 12, team: 19 } as const;
export type Plan = keyof typeof prices;

export const paidPlans = [
  ["pro", 68],
  ["team", 32],
] as const;

export const cancelReasons = ["too expensive", "missing feature", "project ended", "other tool"] as const;

/** What people do in a session, and with which numbers. */
export const features = [
  ["note_created", 38],
  ["task_completed", 34],
  ["plan_shared", 9],
  ["template_used", 8],
  ["search_performed", 8],
  ["export_finished", 3],
] as const;

export const companies = {
  first: ["Bright", "North", "Silver", "Open", "Quiet", "Field", "River", "Copper", "Maple", "Harbour"],
  last: ["loom", "works", "line", "yard", "path", "stone", "gate", "grove"],
  industries: ["software", "education", "design", "logistics", "health", "retail"],
} as const;

export const people = {
  first: (
    "Ada Amara Anton Bea Chidi Clara Dario Elif Emil Femi Greta Hana Ines Jonas Kaito Lena Linus Mara Mateo Nadia " +
    "Noor Olga Pablo Priya Quentin Rosa Sami Tara Theo Uma Viktor Wanda Yara Zoe"
  ).split(" "),
  last: (
    "Abiodun Bauer Castro Dubois Eriksen Fischer Garcia Hoffmann Ito Jansen Kaya Lang Moreau Novak Okafor Patel " +
    "Quist Rossi Sato Tanaka Ueda Vogel Weber Yilmaz Zimmer"
  ).split(" "),
} as const;

/** How much of a day's traffic each hour has (UTC), from midnight on; and each weekday of a week's, from Sunday on. */
export const hours = [2, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 11, 13, 15, 15, 14, 12, 10, 9, 8, 6, 4, 3];
export const weekdays = [0.4, 1, 1.08, 1.06, 1.02, 0.86, 0.45];
