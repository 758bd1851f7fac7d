import type { Credential } from "../../client/credential.ts";
import type { Lighthouse } from "../../client/index.ts";
import type { Clock, Rng, Scheduler } from "../../domain/world.ts";
import type { Exchange, HttpRequest } from "./exchange.ts";
import { redacted } from "./exchange.ts";
import type { Profile, Stage } from "./probe.ts";

export interface StagePorts {
  readonly review: string;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
  readonly operator: Lighthouse;
  readonly connect: (credential: Credential) => Promise<Lighthouse>;
  readonly http: (request: HttpRequest) => Promise<Exchange>;
  /** What must not stand in evidence, whoever says it. */
  readonly secrets: readonly string[];
}

export interface OpenStage {
  readonly stageFor: (probe: string, progress: Stage["progress"]) => Stage;
  /** Revokes every agent of the review; resolves with the names of those that could not be. */
  readonly clear: () => Promise<readonly string[]>;
}

/** A place to probe from: agents of its own, marked by their names, that are revoked however it ends. */
export const openStage = (ports: StagePorts): OpenStage => {
  const { review, operator, connect } = ports;
  const secrets = [...ports.secrets];
  const registered: string[] = [];
  const connected: Lighthouse[] = [];
  /** Agents that are being registered or connected: a review that is cut off in the middle of it takes them back too. */
  const underWay = new Set<Promise<unknown>>();
  const watched = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    const over = (): void => void underWay.delete(work);
    work.then(over, over);
    return work;
  };

  const register = async (part: string, roles: readonly string[] = ["agent"]): Promise<Credential> => {
    ports.signal.throwIfAborted();
    const name = `${review}-${part}`;
    const credential = await operator.agents.add({ name, kind: "service", roles });
    registered.push(name);
    secrets.push(credential.macSecret, ...(credential.token === undefined ? [] : [credential.token]));
    return credential;
  };

  const join = async (part: string, roles?: readonly string[]): Promise<Lighthouse> => {
    const client = await connect(await register(part, roles));
    connected.push(client);
    return client;
  };
  const watchedRegister: Stage["register"] = (part, roles) => watched(register(part, roles));
  const watchedJoin: Stage["join"] = (part, roles) => watched(join(part, roles));

  return {
    stageFor: (_probe, progress) => ({
      ...ports,
      register: watchedRegister,
      join: watchedJoin,
      http: async (request) => redacted(await ports.http(request), secrets),
      progress,
      pause: (ms) => paused(ports, ms),
    }),
    clear: async () => {
      await Promise.allSettled(underWay);
      for (const client of connected.splice(0)) client.close();
      const left: string[] = [];
      for (const name of registered.splice(0) as readonly string[])
        await operator.agents.revoke(name, "the review is over").catch(() => void left.push(name));
      return left;
    },
  };
};

const paused = ({ scheduler, signal }: StagePorts, ms: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = scheduler.after(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
