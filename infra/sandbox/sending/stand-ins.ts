/** By host: the address that answers in its place. */
export type StandIns = Record<string, string>;

/** The same path and query, below the stand-in's address when the host has one. */
export function withStandIn(url: string, standIns: StandIns): string {
  const { hostname, pathname, search } = URL.parse(url) ?? {};
  const standIn = standIns[hostname ?? ""];
  return standIn === undefined ? url : `${standIn}${pathname}${search}`;
}
