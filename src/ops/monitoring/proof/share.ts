import type { Proof } from "../alert/alert.ts";
import { besideIdle, counter, type Given, type Phase } from "./series.ts";
import { over, silence, under, windowEdges } from "./stories.ts";

/** A rule about the share of what happens that is bad, within a window, and perhaps about enough of it. */
export interface Share {
  /** The bad ones and the good ones as series; each gets a counter. */
  readonly bad: string;
  readonly good: string;
  /** When the good ones are counted together with the bad ones, in a series of all. */
  readonly goodIsAll?: true;
  /** Of 1. */
  readonly threshold: number;
  readonly windowSeconds: number;
  readonly forSeconds: number;
}

const every = 15;
const up = (seconds: number): number => Math.ceil(seconds / every) * every;

const stream = (
  { bad, good, goodIsAll }: Share,
  stretches: readonly (readonly [perSecond: number, share: number, seconds: number])[],
): Given => {
  const part = (of: (share: number) => number): string =>
    counter(every, ...stretches.map(([perSecond, share, seconds]): Phase => [perSecond * of(share), seconds]));
  return besideIdle({ [bad]: part((share) => share), [good]: part((share) => (goodIsAll ? 1 : 1 - share)) });
};

/** Fires in time over the threshold and resolves; stays silent under it, whatever the traffic does. */
export const shareProofs = (share: Share): readonly Proof[] => {
  const { threshold, windowSeconds: window, forSeconds } = share;
  const bad = forSeconds + 2 * window;
  return [
    {
      name: "fires when the share is over the threshold, and resolves when it fell",
      every,
      given: stream(share, [
        [1000, 0, 2 * window],
        [1000, threshold * over, bad],
        [1000, 0, 2 * window],
      ]),
      expect: windowEdges(
        every,
        2 * window + up(window / over) + forSeconds,
        2 * window + bad + up(window * (1 - 1 / over)),
      ),
    },
    {
      // Part and whole are taken over one window: if not, a rise or a fall in traffic looks like a share.
      name: "stays silent under the threshold, also while traffic doubles, or halves, four times in a window",
      every,
      given: stream(share, tides(share)),
      expect: silence(tides(share).length * (window / 4) - every),
    },
  ];
};

/** Up and down again, each for longer than the rule waits: a mistake that passes sooner would go unseen. */
const tides = ({ threshold, windowSeconds, forSeconds }: Share): readonly (readonly [number, number, number])[] => {
  const steps = Math.ceil((forSeconds + windowSeconds) / (windowSeconds / 4));
  const rising = Array.from({ length: steps }, (_, step) => 0.5 * 2 ** step);
  return [...rising, ...rising.toReversed()].map((perSecond) => [perSecond, threshold * under, windowSeconds / 4]);
};

/** Fires at enough bad ones in a window, and not at fewer, however large their share. */
export const enoughProofs = (share: Share, enough: number, windowSeconds = share.windowSeconds): readonly Proof[] => {
  const large = Math.min(1, share.threshold * 2);
  const lasting = 4 * windowSeconds + share.forSeconds;
  const steady = (perWindow: number): Given => stream(share, [[perWindow / windowSeconds / large, large, lasting]]);
  return [
    {
      name: `stays silent at fewer than ${enough} of them within the window`,
      every,
      given: steady(enough - 0.5),
      expect: silence(lasting),
    },
    {
      name: `fires at ${enough} of them within the window`,
      every,
      given: steady(enough + 0.5),
      expect: [{ at: 2 * windowSeconds + share.forSeconds, firing: 1 }],
    },
  ];
};
