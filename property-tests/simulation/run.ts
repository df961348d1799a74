/** Runs schedules by seed and says what they reached. The same seed is the same run. */
import { audit, auditRefold, auditShuffle } from "./auditor.ts";
import { Chance } from "./chance.ts";
import { leastObjects, type Menu, World } from "./world.ts";

/** What a run of fewer would say is little. */
const leastEvents = 40;

export interface Outcome {
  readonly seed: number;
  readonly failure: string | null;
  readonly events: number;
  readonly objects: number;
  readonly reached: ReadonlySet<string>;
  readonly trace: ReadonlyArray<string>;
}

/** The menu is drawn from the seed too: some runs are calm, some are not. */
export const menuOf = (seed: number): Menu => {
  const chance = new Chance(seed * 7919 + 17);
  return {
    events: 44,
    crash: chance.bet(0.6) ? 0.01 : 0,
    maxCrashes: 3,
    owners: chance.bet(0.2) ? 2 : 1,
    trouble: chance.pick([0, 0.05, 0.15, 0.35]),
    duplicate: chance.pick([0, 0.1, 0.3]),
  };
};

export const runSchedule = async (seed: number, menu: Menu = menuOf(seed)): Promise<Outcome> => {
  const world = new World(seed, menu);
  let failure: string | null = null;
  try {
    await world.run();
    audit(world);
    if (seed % 5 === 0) await auditRefold(world);
    if (seed % 5 === 1) await auditShuffle(world, new Chance(seed + 1));
  } catch (error) {
    failure =
      error instanceof Error ? `${error.message}\n${error.stack?.split("\n").slice(1, 6).join("\n")}` : String(error);
  }
  const events = world.bodies.filter((body) => body.connection === "stripe").length;
  if (events < leastEvents || world.objects < leastObjects)
    failure ??= `only ${events} events on ${world.objects} objects`;
  return {
    seed,
    failure,
    events,
    objects: world.objects,
    reached: reachedBy(world),
    trace: world.trace,
  };
};

/** What a run came past, for the shares that the test asserts. */
const reachedBy = (world: World): ReadonlySet<string> => {
  const reached = new Set<string>();
  for (const { to } of world.transitions)
    for (const [region, state] of Object.entries(to)) reached.add(`${region} ${state}`);
  for (const what of world.seen.keys()) reached.add(what.startsWith("trouble") ? "trouble" : what);
  const verbs = new Map<string, string>();
  for (const entry of world.notes()) {
    switch (entry.type) {
      case "command.claimed":
        verbs.set(entry.command.key, `${entry.command.verb} ${entry.command.kind}`);
        break;
      case "command.acked":
        reached.add(verbs.get(entry.key) ?? "");
        reached.add(`acked by ${entry.by}`);
        break;
      case "command.unknown":
        reached.add("unknown outcome");
        break;
      case "command.absent":
        reached.add("read back absent");
        break;
      case "document.reattributed":
        reached.add("re-attributed");
        break;
      case "command.retrying":
      case "command.rejected":
        reached.add(entry.type);
    }
  }
  for (const doubt of world.doubts) reached.add(doubt);
  if (world.oracle.companies().some((company) => company.length > 1)) reached.add("late link");
  return reached;
};
