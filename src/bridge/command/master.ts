import { bridgeActor } from "../../domain/agent.ts";
import { streamOf } from "../../domain/event.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng } from "../../domain/world.ts";
import { MIN_SECRET_BYTES, masterFingerprint } from "../../signing/keys.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { unavailable } from "./handle.ts";
import { everyKey, type Keyring } from "./keyring.ts";
import { type Caller, draft } from "./world.ts";

export interface EpochSecret {
  readonly epoch: number;
  readonly secret: Uint8Array;
}

/** The master secret: the newest epoch, and those before it that still verify. */
export interface MasterSecret extends EpochSecret {
  readonly older?: readonly EpochSecret[];
  /** Keeps all of them, newest last, where the next start finds them; absent when this bridge cannot. */
  readonly keep?: (secrets: readonly EpochSecret[]) => void | Promise<void>;
}

/** The secrets that a bridge was given, and what it adds to them. */
export const masterSecrets = ({ epoch, secret, older = [] }: MasterSecret) => {
  const byEpoch = new Map<number, Uint8Array>([...older, { epoch, secret }].map((one) => [one.epoch, one.secret]));
  let current: EpochSecret = { epoch, secret };
  return {
    current: (): EpochSecret => current,
    of: (epoch: number): Uint8Array | undefined => byEpoch.get(epoch),
    /** Oldest first. */
    all: (): readonly EpochSecret[] =>
      Array.from(byEpoch, ([epoch, secret]) => ({ epoch, secret })).sort((a, b) => a.epoch - b.epoch),
    add: (added: EpochSecret): void => {
      byEpoch.set(added.epoch, added.secret);
      current = added;
    },
  };
};

export type Masters = ReturnType<typeof masterSecrets>;

export interface MasterPorts {
  readonly log: Log;
  readonly rng: Rng;
  readonly now: () => number;
  readonly masters: Masters;
  readonly keep: MasterSecret["keep"];
  readonly barring: Keyring["barring"];
}

/** The master secrets are not those that this log's agents were given keys from. */
export class WrongMaster extends Error {
  override readonly name = "WrongMaster";
}

type Rotated = { readonly ok: true; readonly epoch: number } | { readonly ok: false; readonly refusal: Refusal };

export const masterCommands = ({ log, rng, now, masters, keep, barring }: MasterPorts) => {
  const record = async (
    epoch: number,
    older: "accepted" | "revoked",
    reason: string,
    caller: Caller,
  ): Promise<void> => {
    const fingerprints = masters
      .all()
      .filter((one) => one.epoch <= epoch)
      .map((one) => ({ epoch: one.epoch, fingerprint: masterFingerprint(one.secret) }));
    const stream = streamOf.master;
    const event = draft(
      { type: "master.rotated", data: { epoch, fingerprints, older, reason } },
      { stream, time: now(), caller, parties: [], correlation: stream },
    );
    await log.append([{ stream, expect: "any", events: [event] }]);
  };

  let isRotating = false;

  /** Kept first, recorded second: a crash in between leaves an epoch that the next start records. */
  const rotate = async (older: "accepted" | "revoked", reason: string, caller: Caller): Promise<Rotated> => {
    if (keep === undefined) return no(refusal("master_fixed", "its secret was given to it and is not its to change"));
    if (isRotating) return no(refusal("too_busy", "a rotation is under way", { retryAfterMs: 1_000 }));
    isRotating = true;
    try {
      const added = { epoch: masters.current().epoch + 1, secret: rng.bytes(MIN_SECRET_BYTES).slice() };
      await keep([...masters.all(), added]);
      masters.add(added);
      const recording = (): Promise<void> => record(added.epoch, older, reason, caller);
      await (older === "revoked" ? barring(everyKey, recording) : recording());
      return { ok: true, epoch: added.epoch };
    } catch (fault) {
      if (fault instanceof LogUnavailable) return unavailable();
      throw fault;
    } finally {
      isRotating = false;
    }
  };

  /**
   * Holds the secrets against what the log knows of them, before anything derives from them; and records an epoch that
   * was added while the bridge was down. Throws `WrongMaster`.
   */
  const settle = async (): Promise<void> => {
    const { events } = await log.read({
      stream: streamOf.master,
      types: ["master.rotated"],
      direction: "backward",
      limit: 1,
    });
    const [newest] = events;
    if (newest?.type === "master.rotated") {
      for (const { epoch, fingerprint } of newest.data.fingerprints) {
        const secret = masters.of(epoch);
        if (secret === undefined) throw new WrongMaster(`epoch ${epoch} of the master secret is missing`);
        if (masterFingerprint(secret) !== fingerprint) {
          throw new WrongMaster(`epoch ${epoch} of the master secret is not the one that this log's keys derive from`);
        }
      }
    }
    const recorded = newest?.type === "master.rotated" ? newest.data.epoch : 1;
    const { epoch } = masters.current();
    if (epoch > recorded) await record(epoch, "accepted", "found at start", { actor: bridgeActor, trace: null });
  };

  return { rotate, settle };
};

const no = (refused: Refusal): Rotated => ({ ok: false, refusal: refused });
