/**
 * Usage folded per journal partition: a position, and totals by meter and hour. Joined by the greater position: flat cost,
 * exact, idempotent. A correction is a new id that names what it corrects. *Pure.*
 */

/** Quantities are whole units of the meter; `hour` is epoch milliseconds at the start of the hour, UTC. */
export interface UsageEvent {
  readonly position: number;
  readonly meter: string;
  readonly hour: number;
  /** Negative for a correction that takes away. */
  readonly quantity: number;
}

export interface PartitionUsage {
  /** The last journal position folded in. */
  readonly position: number;
  /** `meter hour` → quantity. */
  readonly totals: Readonly<Record<string, number>>;
}

/** By partition. */
export type Usage = Readonly<Record<string, PartitionUsage>>;

/** Fold the next event of one partition; what is at or before its position was folded already. */
export const addUsage = (usage: Usage, partition: number, event: UsageEvent): Usage => {
  const before = usage[partition] ?? { position: 0, totals: {} };
  if (event.position <= before.position) return usage;
  const key = `${event.meter} ${event.hour}`;
  const totals = { ...before.totals, [key]: (before.totals[key] ?? 0) + event.quantity };
  return { ...usage, [partition]: { position: event.position, totals } };
};

/** Two replicas that folded the same partition to different positions: the further one has all of the other. */
export const joinUsage = (a: Usage, b: Usage): Usage => {
  const joined: Record<string, PartitionUsage> = { ...a };
  for (const [partition, theirs] of Object.entries(b)) {
    const ours = joined[partition];
    if (!ours || theirs.position > ours.position) joined[partition] = theirs;
  }
  return joined;
};

/** Totals over all partitions. */
export const totalUsage = (usage: Usage): Readonly<Record<string, number>> => {
  const totals: Record<string, number> = {};
  for (const { totals: part } of Object.values(usage)) {
    for (const [key, quantity] of Object.entries(part)) totals[key] = (totals[key] ?? 0) + quantity;
  }
  return totals;
};
