import { BlockList, isIP } from "node:net";

// What PostHog's production takes for an address that is not unicast on the public internet (contract §4.6, SSRF).
const blocked = new BlockList();
// biome-ignore format: one line a family
for (const [network, prefix] of [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12],
  ["192.0.0.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["224.0.0.0", 4], ["240.0.0.0", 4],
] as const) blocked.addSubnet(network, prefix, "ipv4");
// biome-ignore format: one line a family
for (const [network, prefix] of [["::", 127], ["fc00::", 7], ["fe80::", 10], ["ff00::", 8]] as const)
  blocked.addSubnet(network, prefix, "ipv6");

/** Whether a URL's host is loopback, private, link-local or otherwise none of the public internet, as far as its text tells. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const family = isIP(host);
  if (family !== 0) return blocked.check(host, family === 4 ? "ipv4" : "ipv6");
  return /(?:^|\.)(?:localhost|local|internal)$/i.test(host);
}
