import { type Desk, type Told, type Trouble, troubleOf } from "../../bridge/transport/mcp/desk.ts";
import type { InboxPage } from "../../bridge/transport/mcp/views.ts";
import type { Credential } from "../../client/credential.ts";
import { type ElicitationView, type Lighthouse, LighthouseFault, LighthouseRefusal } from "../../client/index.ts";
import type { Offer } from "../../domain/answer.ts";
import { refusal } from "../../domain/refusal.ts";
import { base64url } from "../../signing/digest.ts";
import { httpUrl } from "../connection.ts";
import { realRng, realScheduler } from "../world.ts";

/** How long a call may take beyond what it was told to wait, in milliseconds; with the longest wait it stays below 60 s. */
const PATIENCE_MS = 12_000;

/** The desk of an MCP client beside the agent: operations go through the client library, answers are signed here. */
export const clientDesk = (
  connecting: Promise<Lighthouse>,
  { agent, url }: Pick<Credential, "agent" | "url">,
  handing: (ids: readonly string[]) => void,
): Desk => {
  const told = async <T>(waitMs: number, work: (client: Lighthouse) => Promise<T>): Promise<Told<T>> => {
    try {
      return { ok: true, value: await inTime(connecting.then(work), waitMs + PATIENCE_MS) };
    } catch (error) {
      const trouble = troubleIn(error);
      if (trouble === undefined) throw error;
      return { ok: false, trouble };
    }
  };
  return {
    agent,
    canSign: true,
    handing,
    urlOf: (path) => `${httpUrl(url)}${path}`,
    call: async <T>(operation: string, given: object) => {
      // Asking once needs a key, also when the reply to the first attempt was lost on the way.
      const input = operation === "elicitations.ask" ? { key: newKey(), ...given } : given;
      const { waitMs = 0 } = input as { readonly waitMs?: number };
      const done = await told(waitMs, (client) => client.operate<T>(operation, input));
      return done.ok || done.trouble.code !== UNREACHABLE || !("key" in input)
        ? done
        : { ok: false, trouble: { ...done.trouble, remedy: askAgain(String(input.key)) } };
    },
    answer: (id, said, signed) =>
      told(0, async (client) => {
        if (signed !== undefined) return client.operate("elicitations.answer", { id, answer: signed });
        const question = client.questionOf(await offerOf(client, id));
        await (said.action === "accept" ? question.accept(said.content) : question.decline(said.reason));
        return client.operate<ElicitationView>("elicitations.get", { id });
      }),
  };
};

const UNREACHABLE = "unreachable";
const KEY_BYTES = 12;
const rng = realRng();
const newKey = (): string => `mcp-${base64url(rng.bytes(KEY_BYTES))}`;
const askAgain = (key: string): string =>
  `The question may or may not be on disk. Ask again with key "${key}": the same key asks once.`;

/** What has to be signed about a question; a question that is not to be answered any more is refused as the bridge would. */
const offerOf = async (client: Lighthouse, id: string): Promise<Offer> => {
  let after: number | null = 0;
  while (after !== null) {
    const page: InboxPage = await client.operate<InboxPage>("inbox.list", { peek: true, limit: 1_000, after });
    const found = page.items.find(({ offer }) => offer.id === id);
    if (found !== undefined) return found.offer;
    after = page.next;
  }
  const { status, to } = await client.operate<ElicitationView>("elicitations.get", { id });
  throw new LighthouseRefusal(
    to === client.agent
      ? refusal("already_ended", `it ended as ${status}`)
      : refusal("not_addressee", "the asker cannot answer itself"),
  );
};

const troubleIn = (error: unknown): Trouble | undefined => {
  if (error instanceof LighthouseRefusal) {
    const { code, detail, problems, retryAfterMs } = error;
    return troubleOf({ code, detail, problems, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  if (!(error instanceof LighthouseFault)) return undefined;
  return {
    code: error.kind === "interrupted" || error.kind === "closed" ? UNREACHABLE : error.kind,
    title: "The bridge cannot be reached, or failed.",
    detail: error.message,
    remedy: "Call again in a moment: what was asked before is on disk, and its id is still good.",
  };
};

const inTime = <T>(work: Promise<T>, ms: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = new LighthouseFault(UNREACHABLE, `no reply within ${Math.round(ms / 1_000)} s`);
    const cancel = realScheduler.after(ms, () => reject(late));
    work.then(resolve, reject).finally(cancel);
  });
