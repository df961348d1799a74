/** Journal positions by name: how far each projection has come. */
import type { Sqlite } from "./sqlite.ts";

export const readMark = (file: Sqlite, name: string): number =>
  file.rows<readonly [number]>("SELECT position FROM marks WHERE name = ?", [name])[0]?.[0] ?? 0;

export const writeMark = (file: Sqlite, name: string, position: number): void => {
  file.run("INSERT OR REPLACE INTO marks VALUES (?, ?)", [name, position]);
};
