import { BlockList, isIP } from "node:net";

/**
 * Where a bridge does not post to on a stranger's word: everything that is not the public internet (IANA's
 * special-purpose registries). A URL that an agent gives must not become a way to what only this machine can reach.
 */
const notPublic = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  notPublic.addSubnet(net, prefix, "ipv4");
}
/** Of IPv6 only what is given out to the internet, 2000::/3, without the parts of it that lead elsewhere. */
const internet = new BlockList();
internet.addSubnet("2000::", 3, "ipv6");
for (const [net, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  notPublic.addSubnet(net, prefix, "ipv6");
}

/** Whether an IP address is one of the public internet. Mapped IPv4 is outside of 2000::/3 and so never is. */
export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, "ipv4");
    case 6:
      return internet.check(address, "ipv6") && !notPublic.check(address, "ipv6");
    default:
      return false;
  }
};

/** Why a URL cannot be a webhook; undefined when it can. Where its name leads is looked at each time it is used. */
export const webhookUrlProblem = (text: string, mayBePrivate: boolean): string | undefined => {
  const url = URL.parse(text);
  if (url === null) return "is not a URL";
  if (url.protocol !== "https:" && !(mayBePrivate && url.protocol === "http:")) return "must be an https URL";
  if (url.username !== "" || url.password !== "") return "must not carry a password: requests are signed instead";
  if (url.hash !== "") return "must not have a fragment: it is never sent";
  // A final dot says that the name is complete, and leads to the same place.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (!mayBePrivate && isIP(host) !== 0 && !isPublicAddress(host)) return "leads into a private network";
  if (!mayBePrivate && (host === "localhost" || host.endsWith(".localhost"))) return "leads to this machine";
  return undefined;
};
