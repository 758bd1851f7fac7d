import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** Node's own, whatever the bridge is given in its place. */
export const trueVerify = crypto.verify;

/**
 * Node checks Ed25519 signatures on its thread pool, whose order no seed decides. In a simulation they are checked at
 * once. The result puts the true `verify` back.
 */
export const withoutThreadPool = (judge: (held: boolean) => boolean): (() => void) => {
  const atOnce = (...[algorithm, data, key, signature, callback]: Parameters<typeof trueVerify>) => {
    const held = judge(trueVerify(algorithm, data, key, signature) as unknown as boolean);
    return callback === undefined ? held : callback(null, held);
  };
  crypto.verify = atOnce as typeof trueVerify;
  syncBuiltinESMExports();
  return () => {
    crypto.verify = trueVerify;
    syncBuiltinESMExports();
  };
};
