/** Takes secrets and addresses out of text that others wrote, before it becomes a log line. A second net: nobody is to put them in. *Pure.* */

const address = /[\w.%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi;

/** Of people, not of networks. */
export const withoutAddresses = (text: string): string => text.replace(address, "[address]");

const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, "$1 [secret]"],
  [/\b(?:whsec|sk|rk|pk)_[\w+/=-]{4,}/g, "[secret]"],
  [/\btieout_[a-z0-9]{12}_[\w-]{8,}/g, "[secret]"],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, "[secret]"],
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, "[secret]"],
  [/([?&](?:token|key|secret|signature|password|assertion|code)=)[^&\s]+/gi, "$1[secret]"],
  [/\/\/[^/\s:@]+:[^/\s@]+@/g, "//[secret]@"],
  [address, "[address]"],
];

/** Shorter ones would take ordinary words along. */
const shortest = 8;

/** `secrets`: values known to this server, taken out wherever they stand. */
export const makeScrub = (secrets: ReadonlyArray<string> = []): ((text: string) => string) => {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= shortest).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, "[secret]");
    for (const [pattern, instead] of patterns) clean = clean.replace(pattern, instead);
    return clean;
  };
};
