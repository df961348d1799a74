/**
 * The chart as every actor runs it. Where an event leads depends on where the account stands and on what the guards answer, and
 * accounts are alike: the chart is asked once for each such pair, and who stands and hears the same goes the same way [M7].
 */
import type { AnyActorScope } from "xstate";
import { type Regions, regionsOf } from "./account.guards.ts";
import { type AccountEvent, accountMachine } from "./account.machine.ts";

type Shot = ReturnType<typeof accountMachine.transition>;

/** Ways that are kept; more than accounts go. They are forgotten all at once. */
const most = 10_000;
const ways = new Map<string, Shot>();

const textOf = ({ lifecycle, subscription, ledger, cash, sync }: Regions): string =>
  `${lifecycle} ${subscription} ${ledger} ${cash} ${sync}`;

const transition = (from: Shot, event: AccountEvent, scope: AnyActorScope): Shot => {
  const chart = () => accountMachine.transition(from, event, scope as never);
  // What is refused, or no event of the chart, is for the chart alone.
  if (event.type !== "evidence.joined" || event.account !== from.context.account) return chart();
  const way = `${textOf(from.value as Regions)} ${textOf(regionsOf(event.facts))}`;
  const known = ways.get(way);
  if (known !== undefined) return { ...known, context: { ...from.context, facts: event.facts } };
  const to = chart();
  if (ways.size >= most) ways.clear();
  if (to.context.facts === event.facts) ways.set(way, to);
  return to;
};

export const accountWalks: typeof accountMachine = Object.assign(Object.create(accountMachine), { transition });
