/**
 * Which parties are one account, from what each says of itself. Links that would make an account of more than `maxParties`, or of
 * two different legal ids, are held: tried one by one, the higher rank and then the smaller party id first, so that the answer
 * depends on the links alone and not on their arrival. *Pure* but for its own maps.
 */
import { canonical, type Json } from "./canonical.ts";
import type { LinkRank } from "./event.ts";
import { maxParties, rankOf, rootOf } from "./link.ts";

export interface Link {
  readonly target: string;
  readonly rank: LinkRank;
}

/** What one party brings along. */
export interface LinkNode {
  readonly link: Link | null;
  /** As `legalIdKey` writes it; null: not known. */
  readonly legalId: string | null;
}

/** Why a link does not join, and what it would have joined. */
export interface HeldLink extends Link {
  /** Parties that the account would have had. */
  readonly parties: number;
  /** The legal ids that it would have had, sorted. */
  readonly legalIds: ReadonlyArray<string>;
}

export interface Place {
  readonly root: string;
  /** Sorted. */
  readonly members: ReadonlyArray<string>;
  readonly held: HeldLink | null;
}

interface Group {
  readonly members: ReadonlyArray<string>;
  readonly legalIds: ReadonlyArray<string>;
}

const blank: LinkNode = { link: null, legalId: null };

/** Spaces, dots and case are how people write the same number; null when nothing is left. */
export const legalIdKey = (text: string | null | undefined): string | null =>
  text?.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, "") || null;

export const sameNode = (a: LinkNode, b: LinkNode): boolean =>
  a.legalId === b.legalId && a.link?.target === b.link?.target && a.link?.rank === b.link?.rank;

export const samePlace = (a: Place, b: Place): boolean =>
  a.root === b.root &&
  a.members.length === b.members.length &&
  a.members.every((member, i) => member === b.members[i]) &&
  canonical(a.held as unknown as Json) === canonical(b.held as unknown as Json);

export class LinkGraph {
  private readonly nodes = new Map<string, LinkNode>();
  private readonly from = new Map<string, Set<string>>();
  /** Of parties that are not alone; forgotten at every change. */
  private readonly places = new Map<string, Place>();

  get entries(): Iterable<readonly [party: string, node: LinkNode]> {
    return this.nodes;
  }

  node(party: string): LinkNode {
    return this.nodes.get(party) ?? blank;
  }

  /** Whether other parties point here. */
  isTarget(party: string): boolean {
    return (this.from.get(party)?.size ?? 0) > 0;
  }

  set(party: string, node: LinkNode): void {
    const before = this.node(party).link;
    if (before !== null) {
      const set = this.from.get(before.target);
      set?.delete(party);
      if (set?.size === 0) this.from.delete(before.target);
    }
    if (node.link === null && node.legalId === null) this.nodes.delete(party);
    else this.nodes.set(party, node);
    if (node.link !== null) this.from.set(node.link.target, (this.from.get(node.link.target) ?? new Set()).add(party));
    this.places.clear();
  }

  /** Everyone connected by links, held ones too, whatever their direction. */
  component(party: string): ReadonlyArray<string> {
    const seen = new Set([party]);
    for (const at of seen) {
      const { link } = this.node(at);
      if (link !== null) seen.add(link.target);
      for (const from of this.from.get(at) ?? []) seen.add(from);
    }
    return [...seen];
  }

  /** Where a party belongs: its account's root and members, and what holds its own link back. */
  place(party: string): Place {
    if (this.isAlone(party)) return { root: party, members: [party], held: null };
    const known = this.places.get(party);
    if (known) return known;
    const component = this.component(party);
    if (!this.fits(component)) return this.settle(component).get(party)!;
    const root = rootOf(party, (at) => this.node(at).link?.target ?? null);
    const place = { root, members: [...component].sort(), held: null };
    for (const member of component) this.places.set(member, place);
    return place;
  }

  root(party: string): string {
    return this.isAlone(party) ? party : this.place(party).root;
  }

  /** Everyone in the account of a party, sorted. */
  members(party: string): ReadonlyArray<string> {
    return this.place(party).members;
  }

  /** The party's own link, where it is held. */
  held(party: string): HeldLink | null {
    return this.place(party).held;
  }

  /** What would hold this link back if an operator made it now, in place of the party's own. */
  wouldHold(party: string, target: string): HeldLink | null {
    const before = this.node(party);
    this.set(party, { ...before, link: null });
    const joined = new Set([...this.members(party), ...this.members(target)]);
    this.set(party, before);
    if (this.fits([...joined])) return null;
    return { target, rank: "operator", parties: joined.size, legalIds: this.legalIdsOf(joined) };
  }

  private isAlone(party: string): boolean {
    return this.node(party).link === null && !this.isTarget(party);
  }

  private legalIdsOf(parties: Iterable<string>): ReadonlyArray<string> {
    const found = new Set<string>();
    for (const party of parties) {
      const { legalId } = this.node(party);
      if (legalId !== null) found.add(legalId);
    }
    return [...found].sort();
  }

  private fits(component: ReadonlyArray<string>): boolean {
    return component.length <= maxParties && this.legalIdsOf(component).length < 2;
  }

  private settle(component: ReadonlyArray<string>): ReadonlyMap<string, Place> {
    const groups = new Map<string, Group>(
      component.map((party) => [party, { members: [party], legalIds: this.legalIdsOf([party]) }]),
    );
    const held = new Map<string, HeldLink>();
    for (const [party, link] of this.linksIn(component)) {
      const [own, other] = [groups.get(party)!, groups.get(link.target)!];
      if (own === other) continue;
      const parties = own.members.length + other.members.length;
      const legalIds = [...new Set([...own.legalIds, ...other.legalIds])].sort();
      if (parties > maxParties || legalIds.length > 1) {
        held.set(party, { ...link, parties, legalIds });
        continue;
      }
      const joined = { members: [...own.members, ...other.members], legalIds };
      for (const member of joined.members) groups.set(member, joined);
    }
    const targetOf = (at: string): string | null => (held.has(at) ? null : (this.node(at).link?.target ?? null));
    for (const group of new Set(groups.values())) {
      const members = [...group.members].sort();
      for (const party of members)
        this.places.set(party, { root: rootOf(party, targetOf), members, held: held.get(party) ?? null });
    }
    return this.places;
  }

  private linksIn(component: ReadonlyArray<string>): ReadonlyArray<readonly [party: string, link: Link]> {
    return component
      .flatMap((party): Array<readonly [string, Link]> => {
        const { link } = this.node(party);
        return link === null ? [] : [[party, link]];
      })
      .sort(([a, x], [b, y]) => rankOf[y.rank] - rankOf[x.rank] || (a < b ? -1 : 1));
  }
}
