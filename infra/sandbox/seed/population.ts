import type { Chance } from "./chance.ts";
import {
  type Country,
  companies,
  countries,
  type Device,
  devices,
  type Plan,
  people,
  prices,
  type Referrer,
  referrers,
} from "./product.ts";

export type Company = { key: string; properties: Record<string, unknown> };

/** Somebody who uses the product, or only looks at it. */
export type Visitor = {
  personId: string;
  /** The browser's, before anybody knows who it is. */
  anonymousId: string;
  userId?: string;
  plan: Plan;
  company?: Company;
  referrer: Referrer;
  country: Country;
  device: Device;
  /** How keen: sessions on a working day. */
  appetite: number;
  /** On a developer's machine: what the project's test-account filter leaves out. */
  isStaff: boolean;
};

export function createCompanies(chance: Chance, count: number): Company[] {
  const names = new Set<string>();
  while (names.size < count) names.add(chance.of(companies.first) + chance.of(companies.last));
  return [...names].map((name) => {
    const seats = chance.between(3, 120);
    const tier = seats > 80 ? "enterprise" : seats > 20 ? "growth" : "starter";
    const industry = chance.of(companies.industries);
    return { key: name.toLowerCase(), properties: { name, industry, seats, tier } };
  });
}

export function createVisitor(chance: Chance): Visitor {
  return {
    personId: chance.uuid(),
    anonymousId: chance.uuid(),
    plan: "free",
    referrer: chance.ofWeighted(referrers),
    country: chance.ofWeighted(countries),
    device: chance.ofWeighted(devices),
    appetite: 0.08 + chance.number() ** 2 * 0.9,
    isStaff: false,
  };
}

/** What the product sets on a person who signs up. */
export function signUp(visitor: Visitor, number: number, at: Date, chance: Chance, company?: Company) {
  const [first, last] = [chance.of(people.first), chance.of(people.last)];
  visitor.userId = `user-${number}`;
  if (company) visitor.company = company;
  const domain = visitor.isStaff
    ? "plover.example"
    : (company && `${company.key}.example`) || `example.${chance.of(["com", "org", "net"])}`;
  return {
    email: `${first}.${last}${number}@${domain}`.toLowerCase(),
    name: `${first} ${last}`,
    plan: visitor.plan,
    source: visitor.referrer.source,
    country: visitor.country.code,
    signed_up_at: at.toISOString(),
    newsletter: chance.is(0.4),
  };
}

export function monthlyPrice(plan: Plan, seats: number): number {
  return prices[plan] * seats;
}
