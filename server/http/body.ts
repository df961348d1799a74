/** The bytes of a request, read once and never more than the limit, whatever its headers say. */
import type { IncomingMessage } from "node:http";

/** 8 MiB. */
export const bodyLimit = 8 * 1024 * 1024;

export type ReadBody =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Aborted" };

const tooLarge: ReadBody = { _tag: "TooLarge" };

/** A sender that is still writing hears no answer, so what is over the limit is read on and thrown away, up to here. */
const patienceBytes = 64 * 1024 * 1024;

/** `incoming`: Node's own stream of the same request, where there is one; what comes in one piece is then not copied. */
export const readBody = async (
  request: Request,
  contentLength: string | null,
  limit: number = bodyLimit,
  incoming: IncomingMessage | null = null,
): Promise<ReadBody> => {
  try {
    const announced = contentLength !== null && /^\d+$/.test(contentLength) ? Number(contentLength) : null;
    // Node hands over no more than the announced length; over the limit, or without one, the stream is counted.
    if (announced === null || announced > limit) return await counted(request, limit, announced ?? 0);
    if (incoming !== null) return { _tag: "Bytes", bytes: await whole(incoming) };
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > limit ? tooLarge : { _tag: "Bytes", bytes };
  } catch {
    return { _tag: "Aborted" };
  }
};

/** Rejects when the sender goes before the end. */
const whole = (incoming: IncomingMessage): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    incoming.on("error", reject);
    incoming.on("close", () => {
      if (!incoming.readableEnded) reject(new Error("the connection ended inside the body"));
    });
  });

const counted = async (request: Request, limit: number, announced: number): Promise<ReadBody> => {
  const reader = announced > patienceBytes ? undefined : request.body?.getReader();
  if (!reader) return announced > limit ? tooLarge : { _tag: "Bytes", bytes: new Uint8Array(0) };
  let parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return length > limit || announced > limit ? tooLarge : { _tag: "Bytes", bytes: Buffer.concat(parts, length) };
    length += value.byteLength;
    if (length > patienceBytes) {
      // Not awaited: an endless sender must not hold the answer back.
      reader.cancel().catch(() => {});
      return tooLarge;
    }
    if (length > limit || announced > limit) parts = [];
    else parts.push(value);
  }
};
