import { expect } from "vitest";
import type { Decider } from "../../src/domain/decider.ts";
import type { RefusalCode } from "../../src/domain/refusal.ts";

/** Tests as sentences: given these facts, when this is asked, then that happened. */
export const specification = <S, C, F, E extends F>(decider: Decider<S, C, F, E>) => ({
  given: (...past: readonly E[]) => {
    const state = past.reduce((s, event) => decider.evolve(s, event), decider.initial);
    return {
      state,
      when: (command: C) => {
        const decision = decider.decide(state, command);
        return {
          decision,
          then: (...facts: readonly F[]) => expect(decision).toEqual({ ok: true, facts }),
          thenNothing: () => expect(decision).toEqual({ ok: true, facts: [] }),
          thenRefused: (code: RefusalCode, ...facts: readonly F[]) => {
            expect(decision).toMatchObject({ ok: false, refusal: { code }, facts });
            return decision.ok ? undefined : decision.refusal;
          },
        };
      },
    };
  },
});
