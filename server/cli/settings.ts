/** The configuration that a command works with: the environment, under the options given. */
import * as Effect from "effect/Effect";
import { loadConfig, type ServerConfig } from "../config/config.ts";
import { textOf } from "./arguments.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

const names = [
  ["port", "PORT"],
  ["host", "HOST"],
  ["data-dir", "TIEOUT_DATA_DIR"],
  ["config", "TIEOUT_CONFIG"],
] as const;

/** `over` wins over both. */
export const settings = async (values: Values, over: Readonly<Record<string, string>> = {}): Promise<ServerConfig> => {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const [option, name] of names) {
    const value = textOf(values, option);
    if (value !== null) env[name] = value;
  }
  const loaded = await Effect.runPromise(Effect.either(loadConfig({ env: { ...env, ...over }, cwd: process.cwd() })));
  if (loaded._tag === "Left") throw loaded.left;
  return loaded.right;
};
