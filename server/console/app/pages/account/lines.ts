/** The tie-out matrix: a row for each object, a column for each system, from the lines of the reconciliation. *Pure.* */
import type { Account } from "../../../../openapi/answers.ts";
import { type Minor, words } from "../../format.ts";

type AccountAnswer = typeof Account.Type;

export interface Break {
  readonly status: string;
  readonly system: string;
  readonly field: string | null;
  readonly ours: string | number | null;
  readonly theirs: string | number | null;
}
/** As `GET /v1/reconciliations/latest` answers it. */
export interface Line {
  readonly id: string;
  readonly leg: string;
  readonly status: string;
  readonly breaks: ReadonlyArray<Break>;
  readonly systems: Readonly<
    Record<
      string,
      {
        readonly count: number;
        readonly ids: ReadonlyArray<string>;
        readonly moneyMinor: Readonly<Record<string, Minor>>;
      }
    >
  >;
  readonly differenceMinor: Readonly<Record<string, Minor>>;
  readonly cause: string;
  readonly owner: { readonly connection: string };
}
export interface LegTerms {
  readonly leg: string;
  readonly what: string;
  readonly authority: string;
}
export interface LinesPage {
  readonly items: ReadonlyArray<Line>;
  readonly legs: ReadonlyArray<LegTerms>;
  readonly nextCursor: string | null;
}

export interface Cell {
  /** `null`: it says nothing, and need not. */
  readonly ids: ReadonlyArray<string>;
  readonly moneyMinor: Readonly<Record<string, Minor>>;
  /** A word of its own, as the system has it. */
  readonly says: string | null;
  /** Not there yet, or not as it should be; nobody has called it wrong. */
  readonly waits: boolean;
  readonly breaks: ReadonlyArray<Break>;
}
export interface Row {
  readonly id: string;
  readonly leg: string;
  readonly what: string;
  /** Whose word counts, as a role. */
  readonly authority: string | null;
  readonly status: string;
  readonly cause: string | null;
  readonly cells: Readonly<Record<string, Cell>>;
}

/** `stripe:invoice/in_8` → `invoice in_8`; `netsuite:posting/invoice:2` → `posting invoice:2`. */
export const objectWords = (id: string): string => {
  const [kind = "", ...rest] = id.slice(id.indexOf(":") + 1).split("/");
  return `${words(kind)} ${rest.join("/")}`;
};

const plainOf = (id: string): string => id.slice(id.indexOf("/") + 1);

/** The document's number where the account knows it. */
const labelOf = ({ systems }: Line, account: AccountAnswer): string => {
  const ids = Object.values(systems).flatMap((system) => system.ids);
  for (const id of ids) {
    const invoice = account.invoices.find((one) => id.endsWith(`:invoice/${one.id.slice(one.id.indexOf(":") + 1)}`));
    if (invoice?.number) return `invoice ${invoice.number}`;
  }
  return ids[0] === undefined ? "" : objectWords(ids[0]);
};

const loudest = [
  "missing",
  "extra",
  "duplicate",
  "wrong-currency",
  "amount-break",
  "wrong-entity",
  "wrong-period",
  "field-break",
  "timing",
];
const loudness = (status: string): number => {
  const at = loudest.indexOf(status);
  return at < 0 ? loudest.length : at;
};

const rowOf = (line: Line, account: AccountAnswer, legs: ReadonlyArray<LegTerms>): Row => {
  const cells: Record<string, Cell> = {};
  const breaksIn = (system: string): ReadonlyArray<Break> => line.breaks.filter((one) => one.system === system);
  for (const [system, { ids, moneyMinor }] of Object.entries(line.systems))
    cells[system] = { ids: ids.map(plainOf), moneyMinor, says: null, waits: false, breaks: breaksIn(system) };
  for (const { system } of line.breaks)
    cells[system] ??= { ids: [], moneyMinor: {}, says: null, waits: false, breaks: breaksIn(system) };
  return {
    id: line.id,
    leg: line.leg,
    what: labelOf(line, account),
    authority: legs.find(({ leg }) => leg === line.leg)?.authority ?? null,
    status: line.status,
    cause: line.status === "matched" ? null : line.cause,
    cells,
  };
};

/** What differs comes first. */
export const rowsOf = ({ items, legs }: LinesPage, account: AccountAnswer): ReadonlyArray<Row> =>
  items
    .map((line) => rowOf(line, account, legs))
    .sort(
      (a, b) =>
        loudness(a.status) - loudness(b.status) || (a.leg < b.leg ? -1 : a.leg > b.leg ? 1 : a.what < b.what ? -1 : 1),
    );

const unsettled = new Set(["posting", "reversing", "blocked", "reversed"]);

/** At an earlier moment: the invoices, with what each system then held of them. */
export const rowsThen = (account: AccountAnswer): ReadonlyArray<Row> =>
  account.invoices.map((invoice) => {
    const states = Object.values(invoice.systems).map(({ status }) => status);
    const cells = Object.fromEntries(
      Object.entries(invoice.systems).map(([system, { id, status }]): [string, Cell] => [
        system,
        {
          ids: id === null ? [] : [id],
          moneyMinor: id === null ? {} : { [invoice.currency]: invoice.totalMinor },
          says: words(status),
          waits: unsettled.has(status),
          breaks: [],
        },
      ]),
    );
    return {
      id: invoice.id,
      leg: "invoices",
      what: `invoice ${invoice.number ?? invoice.id}`,
      authority: null,
      status: states.some((status) => unsettled.has(status)) ? "timing" : invoice.stage,
      cause: null,
      cells,
    };
  });

export const systemsIn = (rows: ReadonlyArray<Row>, account: AccountAnswer): ReadonlyArray<string> => [
  ...new Set([
    ...account.parties.map(({ connection }) => connection).sort(),
    ...rows.flatMap(({ cells }) => Object.keys(cells)),
  ]),
];
