/**
 * An export on its way to one reader: a tar archive of the files that `tieout export` writes, the manifest last. Nothing is made
 * before the reader takes what there is, so neither side holds more than a part, and other requests come in between.
 */
import {
  type Ask,
  type Asked,
  beginning,
  manifestFile,
  manifestOf,
  type PartLimits,
  type Place,
  partsOf,
} from "./parts.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Smaller than on a disk: a part is made in one go, and others wait meanwhile. */
const limits: PartLimits = { rows: 1000, bytes: 2 * 1024 * 1024 };

async function* archive(asked: Asked, ask: Ask, version: string, at: number): AsyncGenerator<Uint8Array, void, void> {
  let place: Place = await beginning(ask);
  for await (const step of partsOf(asked, ask, place, { limits })) {
    for (const { part, bytes } of step.made) {
      yield tarHeader(part.file, part.bytes, at);
      yield bytes;
      yield tarPadding(part.bytes);
    }
    place = step.place;
  }
  const { bytes } = manifestOf(asked, place, version);
  yield tarHeader(manifestFile, bytes.byteLength, at);
  yield bytes;
  yield tarPadding(bytes.byteLength);
  yield tarEnd();
}

export interface StreamOptions {
  readonly asked: Asked;
  readonly ask: Ask;
  readonly version: string;
  /** Epoch milliseconds: of the files. */
  readonly at: number;
  /** A reader that takes nothing for so long is given up. Milliseconds. */
  readonly patienceMs: number;
  /** Once: it came to its end, it failed, or its reader went away. */
  readonly ended: (failure: unknown) => void;
}

export const exportStream = ({
  asked,
  ask,
  version,
  at,
  patienceMs,
  ended,
}: StreamOptions): ReadableStream<Uint8Array> => {
  const chunks = archive(asked, ask, version, at);
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const end = (failure: unknown): void => {
    clearTimeout(timer);
    if (over) return;
    over = true;
    ended(failure);
  };
  const wait = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const why = new Error(`nobody read on for ${patienceMs} ms`);
      controller.error(why);
      end(why);
    }, patienceMs);
  };
  return new ReadableStream<Uint8Array>(
    {
      start: wait,
      pull: async (controller) => {
        clearTimeout(timer);
        try {
          for (;;) {
            const { done, value } = await chunks.next();
            if (over) return;
            if (done) {
              controller.close();
              return end(null);
            }
            if (value.byteLength === 0) continue;
            controller.enqueue(value);
            return wait(controller);
          }
        } catch (failure) {
          controller.error(failure);
          end(failure);
        }
      },
      cancel: (why) => {
        end(why ?? new Error("its reader went away"));
        return chunks.return().then(() => {});
      },
    },
    { highWaterMark: 0 },
  );
};
