import type { Attack } from "./attack.ts";
import type { Actor } from "./cast.ts";
import { answerCall, askCall, type Trial } from "./trial.ts";

const notFound = { codes: ["not_found"] } as const;
const denied = { codes: ["forbidden"], leaves: "deny" } as const;

/** Things of others, and what one's role may not do. */
export const authority: readonly Attack[] = [
  {
    id: "authority.others-cause",
    title: "A cause that is another's",
    does: "Asks, and inquires, as a third agent and because of a question between two others.",
    tries: "only a party of a question can have been moved by it",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const { id } = await trial.ask(asker, target);
      for (const [what, call] of because(id, asker)) await trial.attempt(what, other, call, notFound);
      await trial.control("by the addressee", target, askCall(other, { causedBy: id }), 201);
    },
  },
  {
    id: "authority.circle",
    title: "Agents that ask each other in a circle",
    does: "Asks, and inquires, once more of the same agent in a chain of causes that came back to it.",
    tries: "a chain of causes goes no way twice",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const there = await trial.ask(asker, target);
      const back = await trial.ask(target, asker, { causedBy: there.id });
      const looped = { codes: ["loop_detected"] };
      for (const [what, call] of because(back.id, target)) await trial.attempt(what, asker, call, looped);
      const other = await trial.agent("other");
      await trial.control("somebody else, for the same reason", asker, askCall(other, { causedBy: back.id }), 201);
    },
  },
  {
    id: "authority.others-question",
    title: "Answering another's question",
    does: "Answers, as a third agent and in its own name and in the addressee's.",
    tries: "only the addressee answers",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const offer = await trial.ask(asker, target);
      const wanted = { codes: ["not_addressee", "signature_invalid"] };
      const own = trial.sign(other, { ...offer, to: other.name });
      await trial.attempt("in its own name", other, answerCall(offer.id, own), { ...wanted, leaves: "not_addressee" });
      const stolen = trial.sign(target, offer);
      await trial.attempt("the addressee's own answer", other, answerCall(offer.id, stolen), {
        ...wanted,
        leaves: "signature_invalid",
      });
      await trial.control("by the addressee", target, answerCall(offer.id, stolen));
    },
  },
  {
    id: "authority.own-question",
    title: "Answering one's own question",
    does: "Answers, as the asker, the question that it asked.",
    tries: "the asker cannot answer itself",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target);
      const own = trial.sign(asker, { ...offer, to: asker.name });
      const wanted = { codes: ["not_addressee"], leaves: "not_addressee" };
      await trial.attempt("by the asker", asker, answerCall(offer.id, own), wanted);
      await trial.control("by the addressee", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "authority.cancel",
    title: "Taking back another's question",
    does: "Cancels, as the addressee and as a third agent.",
    tries: "only the asker takes a question back",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const offer = await trial.ask(asker, target);
      const cancel = { path: `/v1/elicitations/${offer.id}/cancel`, body: { reason: "no longer" } };
      await trial.attempt("by the addressee", target, cancel, { codes: ["not_asker"], leaves: "not_asker" });
      await trial.attempt("by a third agent", other, cancel, notFound);
      await trial.control("by the asker", asker, cancel);
    },
  },
  {
    id: "authority.read-others",
    title: "Reading what is others' (BOLA)",
    does: "Reads the elicitation, its receipt, its exchange and its events between two others, by its id.",
    tries: "an elicitation is its parties' and auditors'",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const offer = await trial.ask(asker, target, { message: "the words that nobody else may read" });
      const paths = ["", "/receipt", "/exchange"].map((part) => `/v1/elicitations/${offer.id}${part}`);
      for (const path of paths) await trial.attempt("by a third agent", other, { path }, notFound);
      const form = { path: `/v1/elicitations/${offer.id}/form`, body: {} };
      await trial.attempt("a page of it, by a third agent", other, form, notFound);
      const path = `/v1/events?stream=elicitation/${offer.id}`;
      const seen = await trial.door.call({ path, token: other.token });
      const { events = [] } = (seen.json ?? {}) as { readonly events?: readonly unknown[] };
      trial.check("its events are not shown", events.length === 0, `${events.length} event(s) shown`);
      for (const path of paths) await trial.control("by the addressee", target, { path });
      await trial.control("answered", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "authority.ask",
    title: "Asking without permission",
    does: "Asks, as a guest.",
    tries: "the policy says who asks",
    run: async (trial) => {
      const [asker, guest, target] = [
        await trial.agent("asker"),
        await trial.agent("guest", ["guest"]),
        await trial.agent("target"),
      ];
      await trial.attempt("by a guest", guest, askCall(target), denied);
      const asked = await trial.control("by an expert", asker, askCall(target));
      const { id } = (asked.json ?? {}) as { readonly id?: string };
      await trial.door.call({ path: `/v1/elicitations/${id}/cancel`, body: {}, token: asker.token });
    },
  },
  {
    id: "authority.administer",
    title: "Administering without permission",
    does: "Registers and invites an administrator, revokes and suspends another agent and kills a flag, as an expert.",
    tries: "the policy says who administers",
    run: async (trial) => {
      const [asker, victim] = [await trial.agent("asker"), await trial.agent("other")];
      const name = trial.casting.freshName("usurper");
      await trial.attempt("register", asker, { path: "/v1/agents", body: { name, roles: ["admin"] } }, denied);
      await trial.attempt("invite", asker, { path: "/v1/invitations", body: { name, roles: ["admin"] } }, denied);
      for (const act of ["revoke", "suspend"]) {
        await trial.attempt(act, asker, { path: `/v1/agents/${victim.name}/${act}`, body: {} }, denied);
      }
      // Of a flag that there is not: what gets through must not hurt the bridge that is tried.
      const flag = { path: `/v1/flags/${name}/kill`, body: { reason: "probe" } };
      await trial.attempt("kill a flag", asker, flag, denied);
      await trial.casting.asAdmin("the administrator registers", {
        path: "/v1/agents",
        body: { name, roles: ["guest"] },
      });
      trial.works("the administrator registers", true, "201");
    },
  },
  {
    id: "authority.assumed-name",
    title: "Acting under another's name",
    does: "Names another agent as the asker: in the body of a question.",
    tries: "identity comes from the credential alone",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const refused = { codes: ["invalid_input"] };
      for (const member of ["from", "agent", "actor", "as"]) {
        await trial.attempt(`\`${member}\` in the body`, asker, askCall(target, { [member]: other.name }), refused);
      }
      const offer = await trial.ask(asker, target);
      trial.works("without it, the asker is whose credential it was", offer.from === asker.name, offer.from);
      await trial.control("answered", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
];

/** The same question for a reason, by both ways of asking. */
const because = (causedBy: string, to: Actor): readonly (readonly [string, Parameters<Trial["attempt"]>[2]])[] => [
  ["a question", askCall(to, { causedBy })],
  ["an inquiry", { path: "/v1/inquiries", body: { to: [to.name], message: "Which one?", causedBy } }],
];
