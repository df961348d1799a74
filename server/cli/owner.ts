/** The server that owns a data directory, asked through the token that it left there. */
import { readOwner } from "../../adapters/stores/embedded/layer.ts";
import { readToken } from "../http/internal.ts";
import { Failure } from "./failure.ts";

export interface OwnerClient {
  readonly address: string;
  readonly ask: (method: "GET" | "POST", path: string, body?: Uint8Array<ArrayBuffer>) => Promise<unknown>;
}

/** For a directory whose opening was refused as `in-use`. */
export const ownerOf = (directory: string, reason: string): OwnerClient => {
  const address = readOwner(directory)?.address ?? null;
  const token = readToken(directory);
  if (address === null || token === null) throw new Failure(reason);
  const ask: OwnerClient["ask"] = async (method, path, body) => {
    let response: Response;
    try {
      response = await fetch(`${address}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      const cause = (error as { readonly cause?: { readonly message?: string } }).cause?.message ?? String(error);
      throw new Failure(`${reason}; it does not answer: ${cause}`);
    }
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as unknown;
    throw new Failure(`the server at ${address} answered ${response.status}: ${detailOf(text)}`);
  };
  return { address, ask };
};

const detailOf = (text: string): string => {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail ?? text;
  } catch {
    return text;
  }
};
