/** Notes of the journal for those who see a part: the ids of others are covered, also where a note about one in sight names them. */
import type { Json } from "../../domain/canonical.ts";
import { hidden } from "../../domain/personal.ts";
import type { Engine } from "../engine/engine.ts";

type Seeing = Pick<Engine, "core" | "sees" | "systems">;

/** Of parties, and of objects by whose they are. */
const isSeen = ({ core, sees }: Seeing, id: string): boolean => sees(id) || sees(core.knownOwners.get(id) ?? "@");

export const withoutUnseen = (engine: Seeing, note: Json): Json => {
  // Whoever sees what is nobody's sees everything.
  if (engine.sees("@")) return note;
  const connections = [...engine.systems.keys()].map((connection) => `${connection}:`);
  const cover = (value: Json): Json => {
    if (typeof value === "string")
      return connections.some((start) => value.startsWith(start)) && !isSeen(engine, value) ? hidden : value;
    if (Array.isArray(value)) return value.map(cover);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cover(inner ?? null)]));
  };
  return cover(note);
};
