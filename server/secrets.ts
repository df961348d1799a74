/** Where a secret is: the configuration names the place, this reads it. A secret is never part of a message. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as Redacted from "effect/Redacted";

export type SecretRef =
  | { readonly env: string }
  | { readonly file: string }
  /** A program and its arguments; no shell. What it prints is the secret. */
  | { readonly command: ReadonlyArray<string> };

/** How long a secret program may take. Milliseconds. */
const commandTimeoutMs = 10_000;

export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative files are looked for here: beside the configuration file. */
  readonly directory: string;
}

export type Found =
  | { readonly ok: true; readonly value: Redacted.Redacted<string> }
  | { readonly ok: false; readonly reason: string };

const describe = (ref: SecretRef): string =>
  "env" in ref ? `environment variable ${ref.env}` : "file" in ref ? `file ${ref.file}` : `command ${ref.command[0]}`;

const read = (ref: SecretRef, { env, directory }: Places): string => {
  if ("env" in ref) return env[ref.env] ?? "";
  if ("file" in ref) return readFileSync(resolve(directory, ref.file), "utf8");
  const [program = "", ...rest] = ref.command;
  const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
  return execFileSync(program, rest, { encoding: "utf8", timeout: commandTimeoutMs, cwd: directory, stdio });
};

/** One secret, whole: a key file keeps its line breaks inside. */
export const findSecret = (ref: SecretRef, places: Places): Found => {
  let text: string;
  try {
    text = read(ref, places).trim();
  } catch (failure) {
    const { code, status } = failure as { readonly code?: string; readonly status?: number | null };
    return {
      ok: false,
      reason: `${describe(ref)} cannot be read (${code ?? (status == null ? "failed" : `exit ${status}`)})`,
    };
  }
  if (text === "") return { ok: false, reason: `${describe(ref)} is ${"env" in ref ? "not set" : "empty"}` };
  return { ok: true, value: Redacted.make(text) };
};

/** Several in one place, during a rotation: separated by commas or blanks. */
export const splitSecrets = (secret: Redacted.Redacted<string>): ReadonlyArray<Redacted.Redacted<string>> =>
  Redacted.value(secret)
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map((part) => Redacted.make(part));
