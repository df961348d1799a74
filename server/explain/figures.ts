/** Figures as people see them: an invoice's, an account's, an exception's, each with what it follows from. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { Exception } from "../../domain/exceptions.ts";
import { accountId } from "../../domain/ids.ts";
import { bestClaim } from "../../domain/link.ts";
import type { Party } from "../../domain/party.ts";
import { machineVersion } from "../../machines/account.machine.ts";
import { abouts } from "../engine/trace.ts";
import { contractsJson } from "../views/account.ts";
import type { Chain, Work } from "./chain.ts";
import { command, document, movement, plannedIn, stage } from "./documents.ts";

/** Its total, what settles it and its stage; null: it is no invoice that is known. */
export const invoice = (chain: Chain, party: Party, subject: string): Work<string | null> =>
  Effect.gen(function* () {
    const group = party.groups.get(subject);
    const view = group?.view ?? null;
    if (view === null) return yield* chain.value(party, subject);
    const id = `figure:${party.connection}:${subject}`;
    if (chain.hops.has(id)) return id;
    if (chain.isFull) {
      chain.more.add(subject.replace("/", ` ${party.connection}:`));
      return null;
    }
    const { data, money } = view;
    const value = yield* chain.value(party, subject);
    const because: Array<string | null> = [
      stage(chain, party, subject, "invoiced", { status: data.status, totalMinor: data.totalMinor }, [value]),
    ];
    const documents: Array<string | null> = [];
    const open: Array<string | null> = [];
    for (const slot of group!.slots) {
      const held = yield* document(chain, party, slot);
      if (held === null) {
        const planned = plannedIn(party, slot);
        const ledger = party.slots.get(slot);
        if (planned !== null && ledger !== undefined)
          open.push(yield* command(chain, party, ledger, planned.key, planned.state));
      } else if (slot.endsWith("|receivable")) documents.push(held);
      else open.push(held);
    }
    because.push(
      stage(chain, party, subject, "posted", { receivable: view.receivable }, documents.length > 0 ? documents : open),
    );
    const moved: Array<string | null> = [value];
    for (const part of [...money.payments, ...money.credits, ...money.refunds, ...money.chargebacks])
      moved.push(...(yield* movement(chain, party, part.source)));
    const { settledMinor, creditsMinor, paid } = money;
    because.push(stage(chain, party, subject, "paid", { settledMinor, creditsMinor, paid }, moved), ...open);
    const says = {
      invoice: `${party.connection}:${subject}`,
      number: data.number,
      currency: data.currency,
      totalMinor: data.totalMinor,
      settledMinor,
      creditsMinor,
      stage: view.standing,
      gaps: [...view.gaps],
      ambiguous: view.ambiguous,
    };
    return chain.add("figure", id, says, because, { [party.connection]: subject });
  });

/** Why two parties are one company. */
const links = (chain: Chain, party: Party): Work<string | null> =>
  Effect.gen(function* () {
    const claim = bestClaim(party.links);
    if (claim === null) return null;
    const subject = `account/${party.customer}`;
    const entries = [
      ...(yield* chain.entriesOf(party.id, subject)).filter(({ events }) =>
        events.some(({ links }) => links.some(({ target, rank }) => target === claim.target && rank === claim.rank)),
      ),
      ...(claim.rank === "operator" ? yield* chain.entriesOf(party.id, abouts.acts) : []).filter(
        ({ note }) => (note as { readonly type?: string } | null)?.type === "link",
      ),
    ];
    const because: string[] = [];
    for (const entry of entries) because.push(yield* chain.entry(entry));
    return chain.add("link", `link:${party.id}`, { party: party.id, ...claim } as unknown as Json, because);
  });

/** Stage and regions of an account, from its machine to everything it was told. */
export const account = (chain: Chain, party: string): Work<string> =>
  Effect.gen(function* () {
    const { core } = chain.engine;
    const { id, root, members, facts, regions } = core.account(party);
    const parties = members.flatMap((member) => core.parties.get(member) ?? []);
    const because: Array<string | null> = [];
    for (const member of parties) {
      because.push(yield* links(chain, member), yield* chain.value(member, `account/${member.customer}`));
      for (const subject of member.evidence.registers.keys())
        if (/^(subscription|contract|quote)\//.test(subject) && !subject.includes("#"))
          because.push(yield* chain.value(member, subject));
      for (const [key, group] of member.groups)
        if (group.view !== null) because.push(yield* invoice(chain, member, key));
    }
    const says = {
      account: id,
      root,
      parties: [...members],
      stage: regions.lifecycle,
      regions: (core.regionsFromActor(root) ?? regions) as unknown as Json,
      machine: machineVersion,
      told: facts as unknown as Json,
      contracts: contractsJson(core, parties) as Json,
    };
    return chain.add("account", `account:${id}`, says as unknown as Json, because);
  });

/** Where the systems cannot agree: what the exception names as its evidence. */
export const exception = (chain: Chain, party: Party | null, found: Exception): Work<string> =>
  Effect.gen(function* () {
    const { core } = chain.engine;
    const because: Array<string | null> = [];
    const members =
      party === null ? [] : core.membersOf(core.root(party.id)).flatMap((id) => core.parties.get(id) ?? []);
    for (const name of new Set([found.source, ...found.evidence])) {
      if (name.startsWith("cmd_")) {
        for (const member of members)
          for (const planned of member.planned())
            if (planned.key === name && member.slots.has(planned.slot))
              because.push(yield* command(chain, member, member.slots.get(planned.slot)!, name, planned.state));
        continue;
      }
      const subject = name.slice(name.indexOf(":") + 1);
      const member = members.find(({ connection }) => name.startsWith(`${connection}:`));
      if (member === undefined) continue;
      because.push(
        member.groups.has(subject) ? yield* invoice(chain, member, subject) : yield* chain.value(member, subject),
      );
    }
    const about = party === null ? null : accountId(core.root(party.id));
    return chain.add("exception", `exception:${found.id}`, { ...found, account: about } as unknown as Json, because);
  });
