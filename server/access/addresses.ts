/** Which addresses are out in the world. Everything else (this machine, private networks, a cloud's metadata) is not called. *Pure.* */
import { BlockList, isIP, isIPv6 } from "node:net";

const elsewhere = new BlockList();
for (const [network, prefix] of [
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
] as const)
  elsewhere.addSubnet(network, prefix, "ipv4");

/** Of IPv6 only what is global unicast, and of that nothing that carries another address inside. */
const global = new BlockList();
global.addSubnet("2000::", 3, "ipv6");
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  elsewhere.addSubnet(network, prefix, "ipv6");

export const isPublicAddress = (address: string): boolean => {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) === 0) return false;
  if (isIPv6(bare)) return global.check(bare, "ipv6") && !elsewhere.check(bare, "ipv6");
  return !elsewhere.check(bare, "ipv4");
};

/** The host of a URL without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

/** What speaks against calling this address at all, before any name is resolved; null: nothing. */
export const urlProblem = (text: string, allowPrivate: boolean): string | null => {
  if (!URL.canParse(text)) return "is not a URL";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    return "has a user or password in it; secrets are named by their place";
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:"))
    return `is not https; ${allowPrivate ? "http is the only other that is taken" : 'with "allowPrivate": true http is taken too'}`;
  if (allowPrivate) return null;
  const host = hostOf(url);
  const local = /^(localhost|.*\.localhost|.*\.local|.*\.internal)\.?$/i.test(host);
  if (local || (isIP(host) !== 0 && !isPublicAddress(host)))
    return `leads to this machine or a private network; say "allowPrivate": true where that is meant`;
  return null;
};
