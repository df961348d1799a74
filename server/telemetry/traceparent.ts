/** The W3C `traceparent` header, taken apart and put together: what joins the spans of one trace across hops and restarts. *Pure.* */

export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Bit 0: sampled. */
  readonly flags: number;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const longest = 512;

/** Null for whatever is not one: the trace then begins here. A version to come may carry more at its end. */
export const parseTraceparent = (text: string | null | undefined): TraceParent | null => {
  if (!text || text.length > longest) return null;
  const found = form.exec(text);
  if (!found) return null;
  const [, version, traceId, spanId, flags, more] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & 1 };
};

export const formatTraceparent = ({ traceId, spanId, flags }: TraceParent): string =>
  `00-${traceId}-${spanId}-0${flags & 1}`;
