/** Party documents, ownership, search terms and account rows: a cache of the journal, saved in one transaction. */
import type { AccountRow, Cell, Ownership, Snapshots } from "../../../domain/ports/store.ts";
import { fromStored, toStored } from "../embedded/text.ts";
import { byCodePoint } from "../order.ts";
import { partsOf as argumentsOf } from "./batches.ts";
import type { Connection } from "./connection.ts";
import { cellsOf, fetchDocuments } from "./documents.ts";
import { attempt } from "./failure.ts";
import { type Link, listOf, numberOf, textOf, textsOf } from "./link.ts";
import { below, partsOf } from "./names.ts";
import { accountsScript, clearSnapshotsScript, forgetTermsScript, snapshotScript } from "./scripts.ts";

/** Documents, subjects or terms asked for at once. */
const PAGE = 128;

export const makeSnapshots = (connection: Connection): typeof Snapshots.Service => {
  const { where, names } = connection;
  const documents = `${names.party}:`;
  const written = [
    names.marks,
    names.parties,
    names.owners,
    names.terms,
    names.accounts,
    names.accountsByStage,
    names.accountsBySync,
    names.accountsByBoth,
  ];
  const cleared = [
    names.marks,
    names.parties,
    names.accounts,
    names.owners,
    names.terms,
    names.accountsByStage,
    names.accountsBySync,
    names.accountsByBoth,
  ];

  const load = async (parties: ReadonlyArray<string>): Promise<ReadonlyArray<Cell>> => {
    const cells: Array<Cell> = [];
    const asked = [...new Set(parties)];
    for (let from = 0; from < asked.length; from += PAGE) {
      const page = asked.slice(from, from + PAGE);
      cells.push(...(await connection.with((link) => fetchCells(link, page))));
    }
    return cells;
  };

  const fetchCells = async (link: Link, page: ReadonlyArray<string>) => {
    const [meta, found] = await Promise.all([
      link.call(...connection.asking),
      link.wait(() => fetchDocuments(link.client, names.party, page)),
    ]);
    connection.recognize(meta);
    return page.flatMap((party, i) => {
      const document = found[i];
      if (document === undefined) return [];
      return [...cellsOf(party, document)].sort((a, b) => byCodePoint(a.cell, b.cell));
    });
  };

  const owners = async (subjects: ReadonlyArray<string>): Promise<ReadonlyArray<Ownership>> => {
    const asked = [...new Set(subjects)];
    if (asked.length === 0) return [];
    const [found] = await connection.read(["HMGET", names.owners, ...asked.map(toStored)]);
    return listOf(found).flatMap((reply, i) => {
      const party = textOf(reply);
      return party === null ? [] : [{ subject: asked[i] ?? "", party: fromStored(party) }];
    });
  };

  /** In order of term, then party; reads on from where the last page ended until there are enough different parties. */
  const find = async (text: string, prefix: boolean, limit: number): Promise<ReadonlyArray<string>> => {
    const most = Math.max(limit, 0);
    if (!prefix) {
      const found = await range(names.terms, below([text], null), most);
      return found.map((indexed) => fromStored(partsOf(indexed)[1] ?? ""));
    }
    const found = new Set<string>();
    for (let min = `[${toStored(text)}`; ; ) {
      const page = await range(names.terms, [min, "+"], PAGE);
      for (const indexed of page) {
        const [term = "", party = ""] = partsOf(indexed);
        if (found.size >= most || !fromStored(term).startsWith(text)) return [...found];
        found.add(fromStored(party));
      }
      if (page.length < PAGE) return [...found];
      min = `(${page.at(-1)}`;
    }
  };

  const range = async (
    index: string,
    [min, max]: readonly [string, string],
    limit: number,
  ): Promise<ReadonlyArray<string>> => {
    const [found] = await connection.read(["ZRANGE", index, min, max, "BYLEX", "LIMIT", "0", String(limit)]);
    return textsOf(found);
  };

  const accounts: typeof Snapshots.Service.accounts = ({ after, stage, sync, limit }) =>
    attempt(where, async () => {
      const first = [stage, sync].filter((part) => part !== null);
      const index = [
        [names.accounts, names.accountsBySync],
        [names.accountsByStage, names.accountsByBoth],
      ][stage === null ? 0 : 1]?.[sync === null ? 0 : 1] as string;
      const [min, max] = below(first, after);
      const rows = await connection.run(accountsScript, [index], [names.account, min, max, String(Math.max(limit, 0))]);
      return listOf(rows).map((row): AccountRow => {
        const [id = "", stage = "", sync = "", body = ""] = textsOf(row).map(fromStored);
        return { id, stage, sync, body };
      });
    });

  return {
    through: attempt(where, async () => numberOf((await connection.read(["HGET", names.marks, "snapshots"]))[0])),

    save: (batch) =>
      attempt(where, () =>
        connection.runAll(
          snapshotScript,
          written,
          argumentsOf(batch).map((part) => [String(batch.through), documents, names.account, ...part]),
        ),
      ),

    load: (parties) => attempt(where, () => load(parties)),
    owners: (subjects) => attempt(where, () => owners(subjects)),
    find: (term, prefix, limit) => attempt(where, () => find(term, prefix, limit)),
    accounts,

    parties: (after, limit) =>
      attempt(where, async () => (await range(names.parties, below([], after), Math.max(limit, 0))).map(fromStored)),

    forgetTerms: (beginning, parties) =>
      attempt(where, async () => {
        const own = new Set(parties);
        for (let min = `[${toStored(beginning)}`; ; ) {
          const page = await range(names.terms, [min, "+"], PAGE);
          const terms = page.filter((indexed) => fromStored(partsOf(indexed)[0] ?? "").startsWith(beginning));
          const gone = terms.filter((indexed) => own.has(fromStored(partsOf(indexed)[1] ?? "")));
          if (gone.length > 0) await connection.run(forgetTermsScript, [names.terms], gone);
          if (terms.length < PAGE) return;
          min = `(${page.at(-1)}`;
        }
      }),

    clear: attempt(where, async () => {
      await connection.run(clearSnapshotsScript, cleared, [documents, names.account]);
    }),
  };
};
