import type { Attack } from "./attack.ts";
import { answerCall } from "./trial.ts";

/** Names under which no evidence may be stored, and one under which it may. */
const outward = ["../outside", "/etc/cron.d/evil", "a/../../b", "..\\..\\b", "a\u0000.json", "%2e%2e%2fb"] as const;

/** What is written down stays as it was, where it was. */
export const store: readonly Attack[] = [
  {
    id: "store.evidence-path",
    title: "Path traversal in an evidence's name",
    does: `Stores evidence under ${outward.length} names that lead out of its folder.`,
    tries: "evidence is stored under plain names",
    needs: "storeEvidence",
    run: async (trial) => {
      for (const name of outward) {
        const stored = await trial.hooks.storeEvidence?.(name);
        trial.check(JSON.stringify(name), stored?.noticed === true, stored?.says ?? "");
      }
      const plain = await trial.hooks.storeEvidence?.("plain.json");
      trial.works("a plain name", plain?.noticed === false, plain?.says ?? "");
    },
  },
  {
    id: "store.edited-log",
    title: "Direct edit of the stored log",
    does: "Changes one byte of a recorded event in the log's file.",
    tries: "RFC 6962 tree and signed checkpoints over the log",
    needs: "editLog",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target);
      await trial.control("something to alter", target, answerCall(offer.id, trial.sign(target, offer)));
      const edited = await trial.hooks.editLog?.();
      trial.check("`lighthouse log verify` notices", edited?.noticed === true, edited?.says ?? "");
    },
  },
];
