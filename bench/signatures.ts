import { ownKey } from "../src/client/proof.ts";
import { answerCore, answerTyp } from "../src/domain/answer.ts";
import type { Jws } from "../src/domain/elicitation.ts";
import { signJws, verifyJws, verifyJwsAside } from "../src/signing/jws.ts";
import type { SigningKey, VerifyKey } from "../src/signing/keys.ts";
import { publicKeyOf } from "../src/signing/keys.ts";
import { enrolled, seconds, testKey } from "../test/support/key-agent.ts";
import { testBridge } from "../test/support/test-bridge.ts";

/**
 * `node bench/signatures.ts`: what an Ed25519 signature beside the MAC costs, in µs a piece. `main` is CPU time of the main
 * thread alone (`process.threadCpuUsage`), which is what everybody waits for; `all` is that of the whole process.
 */
const N = 4_000;
const AT_ONCE = 64;

const measure = async (name: string, work: (i: number) => unknown): Promise<void> => {
  for (let i = 0; i < 200; i++) await work(i);
  const [main, all, from] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()];
  for (let i = 200; i < N; i += AT_ONCE) {
    const some: unknown[] = [];
    for (let j = i; j < Math.min(N, i + AT_ONCE); j++) some.push(work(j));
    await Promise.all(some);
  }
  const of = ({ user, system }: { readonly user: number; readonly system: number }): string =>
    ((user + system) / (N - 200)).toFixed(1).padStart(7);
  const wall = (((performance.now() - from) * 1_000) / (N - 200)).toFixed(1).padStart(7);
  console.log(
    `${name.padEnd(58)} main ${of(process.threadCpuUsage(main))}  all ${of(process.cpuUsage(all))}  wall ${wall}`,
  );
};

const t = await testBridge({ limits: { openPerTargetMax: 1_000_000, openPerAskerMax: 1_000_000 } });
await t.register("alice");
const bob = await enrolled(t, "bob", testKey(1));
const own = ownKey(bob.privateKey);
const keys = new Map<string, VerifyKey>([
  [bob.mac.kid, bob.mac],
  [bob.kid, { alg: "Ed25519", kid: bob.kid, publicKey: publicKeyOf(bob.privateKey) }],
]);
let seq = 0;

const answers = async (by: readonly SigningKey[]) => {
  const ids: string[] = [];
  for (let i = 0; i < N; i++) ids.push(await t.ask("alice", "bob"));
  const offers = new Map(t.bridge.deliver.inbox("bob").map(({ offer }) => [offer.id, offer]));
  return ids.map((id) => {
    const offer = offers.get(id);
    if (offer === undefined) throw new Error(`${id} is not there`);
    const core = answerCore(offer, { action: "accept", content: { port: 8765 } }, ++seq, seconds(t));
    return { id, jws: signJws(core, by, answerTyp) };
  });
};

const keyOf = (kid: string) => keys.get(kid);
for (const [name, by] of [
  ["HS256", [bob.mac]],
  ["HS256 and Ed25519", [bob.mac, own]],
] as const) {
  const made = await answers(by);
  const at = (i: number): { readonly id: string; readonly jws: Jws } => made[i] as { id: string; jws: Jws };
  await measure(`verify ${name}, on the main thread`, (i) => verifyJws(at(i).jws, keyOf, answerTyp));
  await measure(`verify ${name}, as the bridge does`, (i) => verifyJwsAside(at(i).jws, keyOf, answerTyp));
  await measure(`take an answer with ${name} (log in memory)`, (i) =>
    t.bridge.elicit.answer(at(i).id, at(i).jws, { actor: "bob", trace: null }),
  );
}
