import { type Credential, hasOwnKey } from "../../src/client/credential.ts";
import { type ConnectOptions, connectWith, type Lighthouse } from "../../src/client/lighthouse.ts";
import { nodeSuite } from "../../src/client/node-suite.ts";
import type { Outcome } from "../../src/client/outcome.ts";
import { fetchPost, type Post } from "../../src/client/post.ts";
import { decline } from "../../src/client/questions.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import type { Suite } from "../../src/client/suite.ts";
import type { RefusalCode } from "../../src/domain/refusal.ts";
import type { JsonSchema } from "../../src/schema/node.ts";
import type { Actor } from "./cast.ts";
import { kindOf, numberOf, wordsOf } from "./questions.ts";
import { random } from "./random.ts";
import type { Scene } from "./scene.ts";
import type { AskStep } from "./step.ts";

/** An agent that uses the real client library, as any application would. */
export interface ClientAgent {
  readonly ask: (step: AskStep) => void;
  readonly connected: () => Lighthouse | undefined;
}

/** What an application of the client has to live with. Everything else is a mistake of ours. */
const expected: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "log_unavailable",
  "shutting_down",
  "agent_revoked",
  "already_ended",
  "expired",
  "already_claimed",
  "idempotency_conflict",
  "too_many_open",
  "too_slow",
  "rate_limited",
  "degraded",
]);

/** Less than the client's own, so that everybody is back soon after the heal. */
/** Signed while the clock was an hour ahead, and asked when it was right again. */
const isOfAnotherTime = ({ problems }: LighthouseRefusal): boolean =>
  problems.some(({ pointer }) => pointer === "/signed/iat");

/**
 * An answer whose signature was refused is signed anew with a renewed key, and renewing is not repeated: the bridge may
 * be away just then, or its clock jump while the challenge is out.
 */
const isOfRenewal = (error: unknown): boolean =>
  (error instanceof LighthouseFault && error.kind === "unreachable") ||
  (error instanceof LighthouseRefusal && error.code === "unauthenticated");

/** An own key is replaced at the first connection after so long. */
const KEY_AGE_MS = 8_000;

export const patience = { backoffMaxMs: 5_000, connectTimeoutMs: 4_000, silenceMs: 8_000 } as const;

/** What an agent with a key of its own needs besides. */
export interface WithKey extends Pick<ConnectOptions, "onCredential" | "onKeyTrouble"> {
  readonly suite: Suite;
  readonly post: Post;
}

export const clientAgent = (
  scene: Scene,
  who: Actor,
  credential: Credential,
  more: WithKey = { suite: nodeSuite, post: fetchPost },
): ClientAgent => {
  const { world, ledger } = scene;
  const owner = scene.processOf(who.name);
  let client: Lighthouse | undefined;

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => world.after(owner, ms, `${who.name} thinks`, resolve));

  const excuse = (what: string, error: unknown): void => {
    if (error instanceof LighthouseRefusal && (expected.has(error.code) || isOfAnotherTime(error))) return;
    if (error instanceof LighthouseFault && error.kind === "interrupted") return;
    if (hasOwnKey(credential) && isOfRenewal(error)) return;
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.fail("the client keeps its word", `${who.name} ${what}: ${says}`);
  };

  const ask = async (step: AskStep, once: Lighthouse): Promise<void> => {
    const luck = random(world.seed, "ask", step.n);
    const question = {
      to: step.to,
      message: wordsOf(step.n, step.padChars),
      schema: kindOf(step.n).schema as JsonSchema,
      timeoutMs: step.timeoutMs,
      ...(step.key === undefined ? {} : { key: step.key }),
    };
    // A log that is down for a while is met by asking again with the same key.
    for (;;) {
      try {
        const handle = await once.ask.start(question);
        scene.ids.set(step.n, handle.id);
        ledger.awaitsOutcome(who.name, handle.id);
        const { cancelAfterMs } = step;
        if (cancelAfterMs !== undefined) {
          wait(cancelAfterMs)
            .then(() => handle.cancel("not needed"))
            .catch((error: unknown) => excuse("cancels", error));
        }
        handle.outcome.then(
          (outcome) => ledger.heardOutcome(who.name, viewOf(outcome, question, who.name, handle.deadline)),
          (error: unknown) =>
            world.fail("the client keeps its word", `${who.name} lost the outcome of ${handle.id}: ${error}`),
        );
        break;
      } catch (error) {
        excuse("asks", error);
        const isPassing = error instanceof LighthouseRefusal && error.code === "log_unavailable";
        if (!isPassing || step.key === undefined) return;
        await wait(luck.between(200, 2_000));
      }
    }
    if (step.again === undefined) return;
    await wait(step.again === "at once" ? 0 : luck.between(1, 3_000));
    const message = step.again === "changed" ? "another" : question.message;
    try {
      const handle = await once.ask.start({ ...question, message });
      if (handle.id !== scene.ids.get(step.n))
        world.fail("one key asks once", `${who.name}: ${handle.id} for ${step.key}`);
    } catch (error) {
      excuse("asks again", error);
    }
  };

  const answer = (on: Lighthouse): Promise<void> =>
    on.answerWith(
      async (question, { mends }) => {
        const n = numberOf(question.message);
        const luck = random(world.seed, "react", who.name, n);
        const kind = kindOf(n);
        await wait(luck.between(0, 400));
        const reaction = luck.weighted({ accept: 50, decline: 15, mend: 20, claim: 10, ignore: 5 });
        if (reaction === "ignore") return undefined;
        if (reaction === "decline") return decline("not now");
        if (reaction === "claim") {
          await question.claim(luck.between(1_000, 3_000));
          await wait(luck.between(1, 2_000));
        }
        return reaction === "mend" && mends === 0 ? kind.bad(luck) : kind.good(luck);
      },
      { onFault: (error) => excuse("answers", error) },
    );

  const follow = async (on: Lighthouse): Promise<void> => {
    for await (const event of on.events.watch()) ledger.heardEvent(who.name, event);
  };

  const begin = async (): Promise<void> => {
    client = await connectWith({
      credential,
      patient: true,
      limits: { ...patience, ...(hasOwnKey(credential) ? { keyAgeMsMax: KEY_AGE_MS } : {}) },
      net: scene.net.netFor(owner),
      clock: world,
      scheduler: world.schedulerOf(owner),
      rng: random(world.seed, "client", who.name),
      ...more,
    });
    if (who.persona === "client answerer" || who.persona === "client with a key") await answer(client);
    if (who.persona === "client watcher") await follow(client);
  };
  begin().catch((error: unknown) => world.fail("the client keeps its word", `${who.name}: ${error}`));

  return {
    ask: (step) => {
      if (client !== undefined) void ask(step, client);
    },
    connected: () => client,
  };
};

/** As the ledger keeps outcomes of everybody. */
const viewOf = (
  outcome: Outcome<unknown>,
  { to, message, schema }: { readonly to: string; readonly message: string; readonly schema: unknown },
  from: string,
  deadline: number,
) => ({ ...outcome, from, to, message, schema, deadline }) as never;
