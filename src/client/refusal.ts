import { type Problem, type Refusal, type RefusalCode, refusalKinds } from "../domain/refusal.ts";

/**
 * The bridge said no. `code` is a literal of `RefusalCode`, so a `switch` over it is checked; `problems` point into what
 * was sent (RFC 6901); `remedy` says what to do. The message holds all of it and no secret.
 */
export class LighthouseRefusal extends Error {
  override readonly name = "LighthouseRefusal";
  readonly code: RefusalCode;
  readonly title: string;
  /** What exactly, this time. */
  readonly detail: string;
  readonly remedy: string;
  readonly problems: readonly Problem[];
  /** Milliseconds after which the same request may succeed. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, detail, problems, retryAfterMs }: Refusal) {
    const { title, remedy } = refusalKinds[code];
    const said = detail === "" ? title : `${title.replace(/\.$/, "")}: ${detail}`;
    super([said, ...(problems ?? []).map((each) => `  ${each.pointer} ${each.message}`.trimEnd())].join("\n"));
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.remedy = remedy;
    this.problems = problems ?? [];
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * - `unreachable`: no connection could be made.
 * - `interrupted`: the connection ended before the reply, and the request cannot be repeated safely. It may be done.
 * - `closed`: this client was closed.
 * - `internal`: the bridge failed; its operator's log says why.
 * - `protocol`: the other side does not speak as this client does.
 */
export type FaultKind = "unreachable" | "interrupted" | "closed" | "internal" | "protocol";

/** Nobody said no; something did not work. */
export class LighthouseFault extends Error {
  override readonly name = "LighthouseFault";
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The error of a JSON-RPC reply. A code that this build does not know is a fault, not a guess. */
export const errorOf = (error: RpcError): LighthouseRefusal | LighthouseFault => {
  const refused = error.data;
  if (refused !== undefined && Object.hasOwn(refusalKinds, refused.code)) return new LighthouseRefusal(refused);
  return error.code === INTERNAL
    ? new LighthouseFault("internal", error.message)
    : new LighthouseFault("protocol", `${error.message} (${error.code})`);
};

const INTERNAL = -32603;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Refusal;
}

/** Refusals after which no new connection with the same credential can do better. */
export const isFinal = (error: unknown): error is LighthouseRefusal =>
  error instanceof LighthouseRefusal && finalCodes.has(error.code);

const finalCodes: ReadonlySet<RefusalCode> = new Set<RefusalCode>(["unauthenticated", "agent_revoked", "forbidden"]);
