/** A name for each request: the caller's own when it is a sane one, else ours. */
import { randomBytes } from "node:crypto";

const boot = randomBytes(6).toString("hex");
let counter = 0;

export const requestIdOf = (given: string | null | undefined): string => {
  if (given && /^[\w.:-]{1,64}$/.test(given)) return given;
  counter += 1;
  return `${boot}-${counter.toString(36)}`;
};
