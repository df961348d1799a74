/** What the desk of the two queues is told by the configuration file: how much an exception presses, service levels, and where alerts go. */
import * as Redacted from "effect/Redacted";
import * as Schema from "effect/Schema";
import { exceptionTypes } from "../../domain/exceptions.ts";
import { priorities, usualPriorities } from "../../domain/priority.ts";
import { atRiskOf, type ServiceLevel, usualServiceLevels } from "../../domain/service-levels.ts";
import { obligationTable } from "../../domain/wish.ts";
import { type AlertEndpoint, type DeskSettings, usualDesk } from "../queues/settings.ts";
import { findSecret, type Places } from "../secrets.ts";
import { or, orNull, SecretRef, Text } from "./leaf.ts";

const Minutes = Schema.Int.pipe(Schema.between(1, 525_600));
const Minor = Schema.Int.pipe(Schema.nonNegative());
const HttpUrl = Text.pipe(
  Schema.filter(
    (text) => (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) || "is no http or https URL",
  ),
);
const Currency = Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/));
const Priority = Schema.Literal(...priorities);
const partOf = <K extends string, A, I>(keys: ReadonlyArray<K>, value: Schema.Schema<A, I>) =>
  or(Schema.partialWith(Schema.Record({ key: Schema.Literal(...keys), value }), { exact: true }), {});

const Priorities = Schema.Struct({
  currency: or(Currency, usualPriorities.currency),
  rates: or(
    Schema.Record({ key: Currency, value: Schema.String.pipe(Schema.pattern(/^\d{1,12}(\.\d{1,12})?$/)) }),
    usualPriorities.rates,
  ),
  types: partOf(exceptionTypes, Priority),
  money: or(Schema.partialWith(Schema.Record({ key: Priority, value: Minor }), { exact: true }), usualPriorities.money),
  calmStages: or(Schema.Array(Text), usualPriorities.calmStages),
  dueMinutes: partOf(priorities, Minutes),
});

const rowNames = obligationTable.map(({ row }) => row);
const Level = Schema.Struct({
  /** Default: those of the flow that has this name. */
  rows: orNull(
    Schema.NonEmptyArray(
      Text.pipe(
        Schema.filter((row) => rowNames.includes(row) || `no row has this name; one of ${rowNames.join(", ")}`),
      ),
    ),
  ),
  from: orNull(Schema.NonEmptyArray(Text)),
  to: orNull(Schema.NonEmptyArray(Text)),
  withinMinutes: Minutes,
  atRiskMinutes: orNull(Minutes),
  team: orNull(Text),
});
const usualRows = new Map(usualServiceLevels.map(({ name, rows }) => [name, rows]));

const Alert = Schema.Struct({
  url: HttpUrl,
  secret: SecretRef,
  types: or(Schema.Array(Text), []),
  minMoneyMinor: or(Minor, 0),
  windowMinutes: or(Minutes, 60),
  allowPrivate: or(Schema.Boolean, false),
});

/** At the outer level of the file. */
export const deskFields = {
  priorities: or(Priorities, Schema.decodeSync(Priorities)({})),
  serviceLevels: orNull(
    Schema.Record({ key: Schema.String.pipe(Schema.pattern(/^[a-z][a-z0-9-]{0,62}$/)), value: Level }),
  ),
  alerts: or(Schema.Array(Alert), []),
  keepClosedDays: or(Schema.Int.pipe(Schema.between(1, 3650)), usualDesk.keepClosedDays),
  /** How people reach this server; null: where it listens. */
  publicUrl: orNull(HttpUrl),
};
const Desk = Schema.Struct(deskFields);
export type DeskFile = typeof Desk.Type;

const levelsOf = (given: DeskFile["serviceLevels"]): ReadonlyArray<ServiceLevel> => {
  if (given === null) return usualServiceLevels;
  return Object.entries(given).map(([name, level]) => ({
    name,
    rows: level.rows ?? usualRows.get(name) ?? [],
    from: level.from,
    to: level.to,
    withinMinutes: level.withinMinutes,
    atRiskMinutes: level.atRiskMinutes ?? atRiskOf(level.withinMinutes),
    team: level.team,
  }));
};

export type DeskConfig = Omit<DeskSettings, "teams" | "publicUrl" | "alerts"> & {
  readonly publicUrl: string | null;
  readonly alerts: ReadonlyArray<Omit<AlertEndpoint, "secret"> & { readonly secret: Redacted.Redacted<string> }>;
};

/** The team of each connection. */
export const teamsOf = ({
  connections,
}: {
  readonly connections: ReadonlyArray<{ readonly name: string; readonly owner: string | null }>;
}): Readonly<Record<string, string | null>> => Object.fromEntries(connections.map(({ name, owner }) => [name, owner]));

/** Every mistake is told to `problem`. */
export const deskOf = (
  file: DeskFile & { readonly connections: Readonly<Record<string, unknown>> },
  places: Places,
  problem: (line: string) => void,
): DeskConfig => {
  const { types, dueMinutes, ...pressing } = file.priorities;
  const connections = Object.keys(file.connections);
  for (const [name, { rows, from, to }] of Object.entries(file.serviceLevels ?? {})) {
    if (rows === null && !usualRows.has(name))
      problem(
        `serviceLevels.${name}.rows: is missing; only ${[...usualRows.keys()].join(", ")} have rows of their own`,
      );
    for (const [field, named] of [
      ["from", from],
      ["to", to],
    ] as const)
      for (const one of named ?? [])
        if (!connections.includes(one))
          problem(`serviceLevels.${name}.${field}: there is no connection ${JSON.stringify(one)}`);
  }
  const seen = new Set<string>();
  const alerts = file.alerts.map(({ secret: ref, ...rest }, i) => {
    const found = findSecret(ref, places);
    const secret = found.ok ? found.value : Redacted.make("");
    if (!found.ok) problem(`alerts.${i}.secret: ${found.reason}`);
    else if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(Redacted.value(secret)))
      problem(`alerts.${i}.secret: is no secret of Standard Webhooks, whsec_ and base64`);
    if (seen.has(rest.url)) problem(`alerts.${i}.url: is named before; one entry for each address`);
    seen.add(rest.url);
    return { ...rest, secret };
  });
  return {
    ...usualDesk,
    priorities: {
      ...pressing,
      types: { ...usualPriorities.types, ...types },
      dueMinutes: { ...usualPriorities.dueMinutes, ...dueMinutes },
    },
    serviceLevels: levelsOf(file.serviceLevels),
    keepClosedDays: file.keepClosedDays,
    publicUrl: file.publicUrl,
    alerts,
  };
};

/** As the engine's thread takes it. `own`: where the server listens. */
export const deskSettings = (
  desk: DeskConfig | undefined,
  teams: Readonly<Record<string, string | null>>,
  own: string,
): DeskSettings => {
  if (desk === undefined) return { ...usualDesk, teams, publicUrl: own };
  const alerts = desk.alerts.map(({ secret, ...rest }) => ({ ...rest, secret: Redacted.value(secret) }));
  return { ...desk, teams, alerts, publicUrl: (desk.publicUrl ?? own).replace(/\/+$/, "") };
};
