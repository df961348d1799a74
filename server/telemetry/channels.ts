/** What a process says, for whoever listens inside it: Node's diagnostics channels. Where nobody does, nothing is made of it. */
import { channel } from "node:diagnostics_channel";

/** Each line of the log, as it is handed to the sink: a text. */
export const linesWritten = channel("tieout.log.line");

/** Each span on its way to the exporter: OpenTelemetry's `ReadableSpan`. */
export const spansExported = channel("tieout.trace.span");

export interface Answered {
  /** Whether its caller may see personal data. */
  readonly personal: boolean;
  readonly response: Response;
}

/** Each answer to a caller with a key, before it is sent: `Answered`. */
export const answersMade = channel("tieout.http.answer");
