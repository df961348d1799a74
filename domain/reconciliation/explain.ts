/** A line in plain words: why it is so, whose turn it is, what shows it, and the act that would put it right. *Pure.* */
import type { Exception, ExceptionType } from "../exceptions.ts";
import { connectionOf } from "../ids.ts";
import { toDecimal } from "../money.ts";
import type { Role } from "../ports/system.ts";
import type { Item, Money, Underway } from "./item.ts";
import type { Leg } from "./leg.ts";
import type { Act, Break, Compared, Line, Owner } from "./line.ts";
import { isNothing } from "./sum.ts";

export interface Explaining {
  readonly leg: Leg;
  /** Root of the account; null: the company's own. */
  readonly account: string | null;
  readonly roles: (connection: string) => ReadonlyArray<Role>;
  readonly having: (role: Role) => ReadonlyArray<string>;
  readonly team: (connection: string) => string | null;
  readonly exceptions: ReadonlyArray<Exception>;
}

const amount = (minor: number, currency: string): string => {
  try {
    return `${toDecimal(minor, currency)} ${currency}`;
  } catch {
    return `${minor} minor units of ${currency}`;
  }
};
const words = (money: Money): string =>
  Object.entries(money)
    .map(([currency, minor]) => amount(minor, currency))
    .join(" and ");

const nameOf = (item: Item): string =>
  item.number === null || item.id.endsWith(item.number) ? item.id : `${item.id} (${item.number})`;

/** The side's own system, where the trouble names a side and not a connection. */
const placeOf = (broken: Break, { having }: Explaining): string =>
  broken.status === "missing" ? (having(broken.system as Role)[0] ?? broken.system) : broken.system;

const underwayTo = (line: Compared, place: string): Underway | null =>
  line.items.flatMap(({ underway }) => underway).find(({ target }) => target === place) ?? null;

const why = (under: Underway | null, place: string): string => {
  if (under === null) return `nothing is on its way to ${place}`;
  switch (under.state) {
    case "rejected":
      return `${place} refused it: ${under.error ?? "no reason was given"}`;
    case "held":
      return under.hold === "observe"
        ? `${place} is in mode observe: it is computed and not sent`
        : under.hold === "parked"
          ? `the account is parked: ${under.blockedBy ?? "nothing is sent for it"}`
          : `the command waits for approval`;
    case "cancelled":
      return "a person cancelled the command";
    case "unknown":
      return `${place} did not answer clearly, and is being asked`;
    default:
      return under.blockedBy === null ? "the command is on its way" : `the command waits: ${under.blockedBy}`;
  }
};

const show = (value: string | number | null, broken: Break): string =>
  value === null
    ? "nothing"
    : broken.kind === "term" && typeof value === "number"
      ? new Date(value).toISOString().slice(0, 10)
      : broken.status === "amount-break" && typeof value === "number" && broken.kind !== null
        ? amount(value, broken.kind)
        : String(value);

const causeOf = (line: Compared, broken: Break, place: string, leg: Leg): string => {
  const head = line.items.find(({ side }) => side === leg.authority) ?? line.items[0]!;
  const other = line.items.find(({ system, id }) => system === place && id !== head.id) ?? head;
  const worth = isNothing(line.atRiskMinor) ? "" : ` of ${words(line.atRiskMinor)}`;
  switch (broken.status) {
    case "missing":
      return `${nameOf(head)}${worth} has no counterpart in ${place}; ${why(underwayTo(line, place), place)}.`;
    case "extra":
      return `${nameOf(other.system === place ? other : head)}${worth} in ${place} has no counterpart on the side of ${broken.field ?? leg.authority}.`;
    case "duplicate":
      return `${String(broken.theirs)}${worth} in ${place} repeats ${String(broken.ours)}.`;
    case "wrong-currency":
      return `${nameOf(other)} in ${place} is in ${show(broken.theirs, broken)}, and ${nameOf(head)} in ${show(broken.ours, broken)}: two currencies are never added.`;
    case "amount-break":
      return `${place} has ${show(broken.theirs, broken)} against ${show(broken.ours, broken)} of ${nameOf(head)}.`;
    case "wrong-entity":
      return `${nameOf(other)} in ${place} is in the books of ${show(broken.theirs, broken)}, and belongs to ${show(broken.ours, broken)}.`;
    case "wrong-period":
      return `${nameOf(other)} in ${place} is in period ${show(broken.theirs, broken)}, and belongs to ${show(broken.ours, broken)}.`;
    case "field-break":
      return `${place} says ${broken.field} ${show(broken.theirs, broken)}, and ${head.system} ${show(broken.ours, broken)}.`;
  }
};

const says = (text: string): Act => ({ says: text, method: null, path: null, body: null });
const route = (text: string, path: string, body: Act["body"] = null): Act => ({
  says: text,
  method: "POST",
  path,
  body,
});
const onCommand = (verb: string, key: string): Act => route(`${verb} the command`, `/v1/commands/${key}/${verb}`);

const partyOf = (item: Item): string => `${item.system}:${item.id.slice(item.id.indexOf("/") + 1)}`;

const moving = (under: Underway, account: string | null): Act | null => {
  if (under.state === "rejected" || under.state === "cancelled") return onCommand("retry", under.key);
  if (under.state !== "held") return null;
  if (under.hold === "approval" || under.hold === "inverse") return onCommand("approve", under.key);
  if (under.hold === "parked" && account !== null)
    return route("release the account", `/v1/accounts/${encodeURIComponent(account)}/release`);
  return says(`set the mode of ${under.target} to propose or act`);
};

const actOf = (line: Compared, broken: Break, place: string, { leg, account }: Explaining): Act => {
  const under = underwayTo(line, place);
  const known = under === null ? null : moving(under, account);
  if (known !== null) return known;
  if (under !== null) return says("wait: it moves by itself");
  const ids = line.items.map(({ id }) => id);
  switch (broken.status) {
    case "missing":
      return leg.name === "customers"
        ? route(`link the company to its record in ${place}`, "/v1/links", { party: partyOf(line.items[0]!) })
        : route(`name its counterpart in ${place}, or make it there`, "/v1/reconciliations/matches", {
            leg: leg.name,
            items: ids,
          });
    case "extra": {
      const [item] = line.items;
      return leg.name === "customers" && item !== undefined
        ? route("link it to the company that it is", "/v1/links", { party: partyOf(item) })
        : route(`name its counterpart, or void it in ${place}`, "/v1/reconciliations/matches", {
            leg: leg.name,
            items: ids,
          });
    }
    case "duplicate":
      return says(`void ${String(broken.theirs)} in ${place}`);
    default:
      return says(`correct it in ${place}, or its source`);
  }
};

/** Which exceptions tell of the same trouble. */
const sameCause: Readonly<Record<Break["status"], ReadonlyArray<ExceptionType>>> = {
  missing: ["rejected", "approval", "unmatched", "drift", "gap", "unapplied", "currency", "contested", "parked"],
  extra: ["rejected", "approval", "drift", "contested", "unapplied"],
  duplicate: ["contested"],
  "wrong-currency": ["drift", "currency"],
  "amount-break": ["drift", "rejected", "approval"],
  "wrong-entity": ["drift"],
  "wrong-period": ["drift"],
  "field-break": ["drift", "rejected"],
};
/** Of these it is the object alone that counts, whoever has to act. */
const ofObject: ReadonlySet<ExceptionType> = new Set(["unapplied", "currency", "contested", "unmatched", "gap"]);

const exceptionOf = (
  line: Compared,
  broken: Break,
  place: string,
  exceptions: ReadonlyArray<Exception>,
): string | null => {
  const ids = new Set(line.items.flatMap(({ id, references }) => [id, ...references]));
  const parties = new Set(line.items.map(({ system }) => system));
  for (const type of sameCause[broken.status]) {
    const found = exceptions.find(
      (one) =>
        one.type === type &&
        (type === "parked"
          ? parties.has(connectionOf(one.source)) &&
            line.items.some(({ underway }) => underway.some(({ hold }) => hold === "parked"))
          : ids.has(one.source) && (ofObject.has(type) || one.owner === place)),
    );
    if (found !== undefined) return found.id;
  }
  return null;
};

export const explain = (line: Compared, context: Explaining): Line => {
  const { items, ...rest } = line;
  const { leg } = context;
  const [broken] = [...line.breaks].sort((a, b) => Number(b.status === line.status) - Number(a.status === line.status));
  const place = broken === undefined ? items[0]!.system : placeOf(broken, context);
  const owner: Owner = {
    connection: place,
    role: context.roles(place)[0] ?? null,
    team: context.team(place),
  };
  const causes = line.breaks.map((one) => causeOf(line, one, placeOf(one, context), leg));
  const rounded = isNothing(line.roundingMinor)
    ? ""
    : ` A difference of ${words(line.roundingMinor)} is within the tolerance.`;
  return {
    ...rest,
    account: context.account,
    owner,
    cause:
      broken === undefined
        ? `It is the same on both sides, by ${line.by.join(", ") || "itself"}.${rounded}`
        : causes.join(" "),
    evidence: [...new Set(items.map(({ id }) => id))],
    act: broken === undefined ? null : actOf(line, broken, place, context),
    exception: broken === undefined ? null : exceptionOf(line, broken, place, context.exceptions),
    roundingAccount: isNothing(line.roundingMinor) ? null : leg.roundingAccount,
  };
};
