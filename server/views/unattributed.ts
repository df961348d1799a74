/** What no party is found for, as finance's: stored and counted, with its money where it says any. *Pure.* */

import { foreignIdOf } from "../../domain/event.ts";
import { type Exception, exceptionId } from "../../domain/exceptions.ts";
import { connectionOf } from "../../domain/ids.ts";
import { fieldOf } from "../../domain/observation.ts";
import { shown } from "../../domain/register.ts";
import type { Core, Waiting } from "../engine/core.ts";

export const unattributed = (core: Core): ReadonlyArray<Exception> =>
  [...core.waiting].map(([source, waiting]) => exceptionOf(core, source, waiting));

const exceptionOf = (core: Core, source: string, waiting: Waiting): Exception => {
  const connection = connectionOf(source);
  const subject = source.slice(connection.length + 1);
  const { via } = waiting;
  return {
    id: exceptionId("unattributed", source, ""),
    type: "unattributed",
    source,
    ...moneyOf(core, connection, waiting),
    ageFrom: oldest(waiting),
    owner: connection,
    cause:
      via === null
        ? `Nothing says whose ${source} is: it names no customer, and no object that has one. It counts for nobody.`
        : `${source} belongs to whoever has ${via}, and nothing was reported of that. It counts for nobody until then.`,
    evidence: via === null ? [source] : [source, via],
    acts:
      via === null
        ? [`name the customer of ${foreignIdOf(subject)} in ${connection}`]
        : [
            `send the events of ${via} again from ${connectionOf(via)}`,
            `name the customer of ${foreignIdOf(subject)} in ${connection}`,
          ],
  };
};

const oldest = ({ registers }: Waiting): number | null => {
  const times = Object.values(registers).flatMap(({ observations }) => observations.map(({ at }) => at));
  return times.length === 0 ? null : Math.min(...times);
};

const moneyOf = (
  core: Core,
  connection: string,
  { registers }: Waiting,
): Pick<Exception, "moneyMinor" | "currency"> => {
  const orders = core.surroundings.orders(connection);
  let said: Readonly<Record<string, unknown>> = {};
  for (const [cell, register] of Object.entries(registers)) {
    const field = fieldOf(cell);
    const order = field === null || field === "status" ? orders[cell.slice(0, cell.indexOf("/"))] : undefined;
    const data = shown(order, register)?.observation.data as Readonly<Record<string, unknown>> | undefined;
    said = { ...said, ...(field === null ? data : { [field]: data?.["value"] }) };
  }
  const amount = said["totalMinor"] ?? said["amountMinor"];
  const currency = said["currency"];
  return {
    moneyMinor: typeof amount === "number" ? amount : null,
    currency: typeof currency === "string" ? currency : null,
  };
};
