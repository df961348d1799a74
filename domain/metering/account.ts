/** What the use of an account comes to, kept for as long as neither its use, its terms nor its members change. *Pure* but for what it keeps. */
import { type Agreement, agreementsOf } from "../agreement.ts";
import type { Party } from "../party.ts";
import { type Metered, meteredOf } from "./rated.ts";

export interface MeteredAccount extends Metered {
  readonly agreements: ReadonlyArray<Agreement>;
  readonly members: ReadonlyArray<Party>;
}

interface Kept {
  readonly account: MeteredAccount;
  readonly versions: ReadonlyArray<number>;
}

/** Accounts that are kept at once. */
const most = 1000;

const versionsOf = (members: ReadonlyArray<Party>): ReadonlyArray<number> =>
  members.flatMap(({ uses, termsVersion }) => [uses.version, termsVersion]);
const same = <A>(a: ReadonlyArray<A>, b: ReadonlyArray<A>): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);

export class MeteredAccounts {
  private readonly kept = new Map<string, Kept>();

  /** `members`: all of one account, in order, as the fold has them. */
  of(members: ReadonlyArray<Party>): MeteredAccount {
    const name = members[0]?.id ?? "";
    const known = this.kept.get(name);
    const versions = versionsOf(members);
    if (known !== undefined && same(known.account.members, members) && same(known.versions, versions))
      return known.account;
    const agreements = members.flatMap(agreementsOf);
    const account = { ...meteredOf(members, agreements), agreements, members };
    this.kept.delete(name);
    this.kept.set(name, { account, versions });
    if (this.kept.size > most) this.kept.delete(this.kept.keys().next().value!);
    return account;
  }
}
