import type { HogEvent } from "../../hog/types.ts";
import { type Chance, createChance } from "./chance.ts";
import {
  type Company,
  createCompanies,
  createVisitor,
  monthlyPrice,
  signUp,
  type Visitor,
} from "./population.ts";
import {
  app,
  cancelReasons,
  features,
  hours,
  landings,
  paidPlans,
  screens,
  site,
  weekdays,
} from "./product.ts";

type Properties = Record<string, unknown>;
type Session = Properties & { $session_id: string; $host: string };

/** An event of the month, with whom it is of. */
export type PastEvent = HogEvent & { personId: string };

type Month = { events: PastEvent[]; companies: Company[] };

const days = 30;
const day = 86_400_000;

/**
 * A month of Plover's events that ends at `until`, in their order in time; the same for the same seed and end. People visit,
 * some sign up, some of those pay, some pay no more; those who have signed up, then or before, use the app.
 */
export function createMonth(seed: number, until: number): Month {
  const chance = createChance(seed);
  const companies = createCompanies(chance, 40);
  const life = new Life(chance, companies, until - days * day);
  for (let index = 0; index < 420; index++) life.settle(index < 4);
  for (let number = 0; number <= days; number++) life.liveDay(until - (days - number) * day);
  const events = life.events.filter(({ timestamp }) => Date.parse(timestamp) <= until);
  return { companies, events: events.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)) };
}

class Life {
  readonly events: PastEvent[] = [];
  readonly #users: Visitor[] = [];
  readonly #chance: Chance;
  readonly #companies: Company[];
  readonly #start: number;
  #signedUp = 0;

  constructor(chance: Chance, companies: Company[], start: number) {
    this.#chance = chance;
    this.#companies = companies;
    this.#start = start;
    for (const { key, properties } of companies) {
      const $group = { $group_type: "company", $group_key: key, $group_set: properties };
      this.#add(createVisitor(chance), start, "$groupidentify", $group, `$company_${key}`);
    }
  }

  /** Somebody who signed up before the month: one event sets what is known of them. */
  settle(isStaff: boolean): void {
    const chance = this.#chance;
    const visitor = { ...createVisitor(chance), isStaff };
    const before = new Date(this.#start - chance.between(1, 400) * day);
    if (chance.is(0.3)) visitor.plan = chance.ofWeighted(paidPlans);
    const $set = this.#signUp(visitor, before);
    this.#add(visitor, this.#start + chance.between(1, 3_600_000), "$set", { $set });
  }

  liveDay(date: number): void {
    const chance = this.#chance;
    const rhythm = weekdays[new Date(date).getUTCDay()] ?? 1;
    for (let left = Math.round(90 * rhythm * (0.85 + chance.number() * 0.3)); left > 0; left--)
      this.#visit(date);
    for (const user of this.#users) {
      if (chance.is(user.appetite * rhythm * 0.55)) this.#use(user, this.#time(date));
    }
  }

  /** A look at the website; about one in five signs up. */
  #visit(date: number): void {
    const chance = this.#chance;
    const visitor = createVisitor(chance);
    const { source, domain, campaign } = visitor.referrer;
    const referral = {
      $referrer: domain === "$direct" ? "$direct" : `https://${domain}/`,
      $referring_domain: domain,
      ...(campaign === undefined ? {} : { utm_source: source, utm_campaign: campaign }),
    };
    let at = this.#time(date);
    const session = { $session_id: chance.uuid(), $host: site, ...referral };
    for (let pages = chance.between(1, 4); pages > 0; pages--) {
      this.#page(visitor, at, chance.ofWeighted(landings), session);
      at += chance.between(5_000, 120_000);
    }
    if (!chance.is(0.2)) return;
    if (chance.is(0.6)) this.#click(visitor, at, "Start for free", session);
    const $set = this.#signUp(visitor, new Date(at + 30_000));
    const $anon_distinct_id = visitor.anonymousId;
    this.#add(visitor, at + 29_000, "$identify", {
      ...session,
      $anon_distinct_id,
      $set,
      $set_once: { $initial_referring_domain: domain },
    });
    this.#add(visitor, at + 30_000, "user_signed_up", {
      ...session,
      source,
      plan: "free",
      invited: chance.is(0.15),
    });
    this.#use(visitor, at + 60_000);
  }

  /** A session in the app, at whose end some change what they pay. */
  #use(user: Visitor, start: number): void {
    const chance = this.#chance;
    const session = { $session_id: chance.uuid(), $host: user.isStaff ? "localhost:3000" : app };
    let at = start;
    for (let steps = chance.between(2, 9); steps > 0; steps--) {
      at += chance.between(3_000, 240_000);
      if (chance.is(0.34)) this.#page(user, at, chance.ofWeighted(screens), session);
      else if (chance.is(0.05)) this.#click(user, at, "New note", session);
      else {
        const feature = chance.ofWeighted(features);
        this.#add(user, at, feature, { ...session, ...this.#details(feature) });
      }
    }
    if (user.plan === "free" && chance.is(0.03)) this.#subscribe(user, at + 20_000, session);
    else if (user.plan !== "free" && chance.is(0.012)) this.#cancel(user, at + 20_000, session);
  }

  #details(feature: (typeof features)[number][0]): Properties {
    const chance = this.#chance;
    const details = {
      note_created: () => ({ words: chance.between(3, 900), has_image: chance.is(0.2) }),
      task_completed: () => ({ overdue: chance.is(0.25), days_planned: chance.between(0, 21) }),
      plan_shared: () => ({ with: chance.of(["person", "team", "link"]), people: chance.between(1, 12) }),
      template_used: () => ({ template: chance.of(["week", "sprint", "trip", "thesis"]) }),
      search_performed: () => ({ results: chance.between(0, 40), milliseconds: chance.between(20, 900) }),
      export_finished: () => ({
        format: chance.of(["pdf", "markdown"]),
        megabytes: chance.between(1, 240) / 10,
      }),
    };
    return details[feature]();
  }

  #subscribe(user: Visitor, at: number, session: Session): void {
    const chance = this.#chance;
    const plan = chance.ofWeighted(paidPlans);
    const seats = plan === "team" ? chance.between(3, 40) : 1;
    const amount = monthlyPrice(plan, seats);
    user.plan = plan;
    this.#page(user, at, "/settings", session);
    const about = { plan, seats, amount, currency: "USD", trial: chance.is(0.35), yearly: chance.is(0.3) };
    this.#add(user, at + 15_000, "subscription_started", { ...session, ...about, $set: { plan } });
    this.#add(user, at + 16_000, "invoice_paid", {
      amount,
      currency: "USD",
      paid_at: new Date(at + 16_000).toISOString(),
    });
  }

  #cancel(user: Visitor, at: number, session: Session): void {
    const { plan } = user;
    user.plan = "free";
    const about = { plan, reason: this.#chance.of(cancelReasons), $set: { plan: "free" } };
    this.#add(user, at, "subscription_cancelled", { ...session, ...about });
  }

  #page(visitor: Visitor, at: number, path: string, session: Session): void {
    const $current_url = `https://${session.$host}${path}`;
    this.#add(visitor, at, "$pageview", { ...session, $current_url, $pathname: path });
  }

  #click(visitor: Visitor, at: number, text: string, session: Session): void {
    const chain = `button.primary:text="${text}"nth-child="1"nth-of-type="1"attr__class="primary"`;
    this.#add(visitor, at, "$autocapture", { ...session, $event_type: "click" }, undefined, chain);
  }

  #signUp(visitor: Visitor, at: Date): Properties {
    const company = this.#chance.is(0.45) && !visitor.isStaff ? this.#chance.of(this.#companies) : undefined;
    this.#users.push(visitor);
    return signUp(visitor, ++this.#signedUp, at, this.#chance, company);
  }

  /** At an hour of the day as the rhythm has it. */
  #time(date: number): number {
    const hour = this.#chance.ofWeighted(hours.map((weight, index) => [index, weight] as const));
    return date - (date % day) + hour * 3_600_000 + this.#chance.between(0, 3_599_999);
  }

  #add(visitor: Visitor, at: number, event: string, own: Properties, distinctId?: string, chain = ""): void {
    const { device, country, company, personId, userId, anonymousId } = visitor;
    const properties = {
      ...device,
      $lib: "web",
      $geoip_country_code: country.code,
      $geoip_country_name: country.name,
      ...(company ? { $groups: { company: company.key } } : {}),
      ...own,
    };
    const timestamp = new Date(at).toISOString();
    const distinct_id = distinctId ?? userId ?? anonymousId;
    this.events.push({
      uuid: this.#chance.uuid(),
      event,
      distinct_id,
      properties,
      timestamp,
      elements_chain: chain,
      personId,
    });
  }
}
