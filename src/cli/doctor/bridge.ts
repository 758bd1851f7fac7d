import { realClock } from "../world.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** The Date header counts whole seconds, and the way there takes some time too. */
const SKEW_MS_MAX = 3_000;

export interface BridgeFindings {
  readonly findings: readonly Finding[];
  readonly answers: boolean;
}

/** Whether a bridge answers at the URL, says that it is well, and has the same time as this machine. */
export const bridgeAt = async (url: string): Promise<BridgeFindings> => {
  const base = url.replace(/^ws/, "http").replace(/\/ws$/, "");
  let response: Response;
  try {
    response = await fetch(`${base}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const says = `no bridge answers at ${base} (${reasonOf(error)})`;
    return {
      answers: false,
      findings: [problem("bridge", "unreachable", says, "`lighthouse serve` starts one; `--url` names another place.")],
    };
  }
  const now = realClock.now();
  const page = (await response.json().catch(() => ({}))) as Health;
  return { answers: true, findings: [health(base, response.status, page), skew(response.headers.get("date"), now)] };
};

interface Health {
  readonly status?: string;
  readonly reason?: string;
  readonly version?: string;
  readonly log?: { readonly position?: number };
}

const health = (base: string, status: number, page: Health): Finding => {
  if (page.status === "ok") {
    return ok("bridge", `${base} is well: version ${page.version}, ${page.log?.position} events in its log`);
  }
  if (page.status === undefined) {
    return problem(
      "bridge",
      "unreachable",
      `${base} answers ${status}, but not as a bridge does`,
      "Check the port: something else listens there.",
    );
  }
  return problem(
    "bridge",
    "fault",
    `${base} is not well: ${page.reason ?? page.status}`,
    "Mend that; until then nothing new is accepted, and nothing is lost.",
  );
};

const skew = (date: string | null, now: number): Finding => {
  const behind = date === null ? Number.NaN : now - Date.parse(date);
  if (Number.isNaN(behind))
    return warning("clock", "the bridge does not say what time it has", "A proxy may take the Date header away.");
  return Math.abs(behind) <= SKEW_MS_MAX
    ? ok("clock", "this machine and the bridge have the same time")
    : warning(
        "clock",
        `this machine is ${Math.round(Math.abs(behind) / 1_000)} s ${behind > 0 ? "ahead of" : "behind"} the bridge`,
        "Let both keep time by NTP: answers carry the time they were signed at.",
      );
};

const reasonOf = (error: unknown): string => {
  const { cause, name, message } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  return cause?.code ?? (name === "TimeoutError" ? `no reply within ${TIMEOUT_MS / 1_000} s` : message);
};
