/** Our own routes, asked as any other client asks them. Whatever goes wrong is one kind of failure with words for a person. */
import { authorization, wantKey } from "./session.ts";

/** The members of RFC 9457 that we show. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly parameter?: string;
  readonly reasons?: ReadonlyArray<string>;
  readonly requestId?: string;
}

export class ApiFailure extends Error {
  /** `urn:tieout:problem:no-such-account`; `unreachable` where no answer came. */
  readonly type: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly title: string;
  /** Everything that speaks against an act. */
  readonly reasons: ReadonlyArray<string>;
  readonly requestId: string | null;
  constructor(problem: Problem) {
    super(problem.detail);
    this.type = problem.type.replace("urn:tieout:problem:", "");
    this.status = problem.status;
    this.title = problem.title;
    this.reasons = problem.reasons ?? [];
    this.requestId = problem.requestId ?? null;
  }
}

const unreachable = (): ApiFailure =>
  new ApiFailure({
    type: "unreachable",
    status: 0,
    title: "The server does not answer",
    detail: "It may be starting again, or the network is down. It is asked again as soon as it is back.",
  });

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "type" in value && "detail" in value && "title" in value;

const failureOf = async (response: Response): Promise<ApiFailure> => {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return new ApiFailure(body);
  const detail = `The answer was ${response.status} ${response.statusText}, and no words with it.`;
  return new ApiFailure({ type: "unknown", status: response.status, title: "The server could not answer", detail });
};

export type Search = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** `/v1/accounts/acct_1?limit=5`. What is null or empty is left out. */
export const addressOf = (path: string, search: Search = {}): string => {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (value !== null && value !== undefined && value !== "") words.set(name, String(value));
  const text = words.toString();
  return text === "" ? path : `${path}?${text}`;
};

/** The raw answer, for what is not JSON. Rejects with an `ApiFailure`; with the signal's own reason where that was aborted. */
export const request = async (address: string, init: RequestInit = {}): Promise<Response> => {
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers: { ...authorization(), ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  const failure = await failureOf(response);
  if (failure.status === 401) wantKey(failure.message);
  throw failure;
};

export const get = async <A>(path: string, search: Search = {}, signal?: AbortSignal): Promise<A> => {
  const init = { headers: { accept: "application/json" }, ...(signal === undefined ? {} : { signal }) };
  const response = await request(addressOf(path, search), init);
  return (await response.json()) as A;
};

/** An act: the same request twice is one act. */
export const post = async <A>(path: string, body: object, idempotencyKey: string = crypto.randomUUID()): Promise<A> => {
  const headers = { accept: "application/json", "content-type": "application/json", "idempotency-key": idempotencyKey };
  const response = await request(path, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as A;
};
