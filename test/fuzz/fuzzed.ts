import fc from "fast-check";

/** A parser that a stranger reaches, and how inputs for it are made and judged. */
export interface Fuzzed {
  readonly name: string;
  /** Inputs in one run of the tests. */
  readonly inputs: number;
  /** Feeds it so many inputs; throws at the first that it does not survive. */
  readonly run: (inputs: number) => Promise<Tally>;
}

/** How many it took and how many it refused: a fuzzer that never gets in, or always, looks at one half of a parser. */
export interface Tally {
  readonly accepted: number;
  readonly refused: number;
}

/** Whether the input was accepted. */
type Judged = boolean;

/**
 * How long one input may take, in milliseconds. What bounds the work is counted in steps (`src/schema/limits.ts`,
 * `src/signing/*`) and takes below 100 ms; this is the watchdog of a machine that is busy with other things.
 */
export const HANG_MS = 5_000;

/** A parser that answers at once: it must return, never throw, and what it returns must pass `judge`. */
export const pure = <I>(
  name: string,
  inputs: number,
  arbitrary: fc.Arbitrary<I>,
  judge: (input: I) => Judged,
): Fuzzed => ({
  name,
  inputs,
  run: async (runs) => {
    const tally = { accepted: 0, refused: 0 };
    const property = fc.property(arbitrary, (input) => {
      const begun = performance.now();
      tally[judge(input) ? "accepted" : "refused"]++;
      watch(begun, input);
    });
    fc.assert(property, { numRuns: runs });
    return tally;
  },
});

/** A parser behind a door. `open` makes the door once; `close` must find that nothing broke behind it. */
export const behind = <I, D>(
  name: string,
  inputs: number,
  arbitrary: fc.Arbitrary<I>,
  door: {
    readonly open: () => Promise<D>;
    readonly judge: (door: D, input: I) => Promise<Judged>;
    readonly close: (door: D) => Promise<void>;
  },
): Fuzzed => ({
  name,
  inputs,
  run: async (runs) => {
    const opened = await door.open();
    const tally = { accepted: 0, refused: 0 };
    const property = fc.asyncProperty(arbitrary, async (input) => {
      const begun = performance.now();
      tally[(await door.judge(opened, input)) ? "accepted" : "refused"]++;
      watch(begun, input);
    });
    try {
      await fc.assert(property, { numRuns: runs });
    } finally {
      await door.close(opened);
    }
    return tally;
  },
});

const watch = (begun: number, input: unknown): void => {
  const took = performance.now() - begun;
  if (took > HANG_MS) throw new Error(`took ${Math.round(took)} ms: ${JSON.stringify(input)}`);
};

/** Any UTF-16 unit, lone surrogates included, and more of those that parsers care about. */
const unit: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."{}[]\",:\\/.-_=+#%&?@ \t\r\n0123456789eEnuft*()|^$<>!~;'`") },
  { weight: 3, arbitrary: fc.nat({ max: 0x7f }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) },
);

export const anyText = (maxLength = 60): fc.Arbitrary<string> => fc.string({ unit, maxLength });

/** A few edits to whatever text comes. */
export const edits: fc.Arbitrary<(text: string) => string> = fc
  .array(
    fc.record({ at: fc.nat({ max: 1_000_000 }), cut: fc.nat({ max: 4 }), put: fc.string({ unit, maxLength: 4 }) }),
    { maxLength: 4 },
  )
  .map(
    (all) => (text: string) =>
      all.reduce((changed, { at, cut, put }) => {
        const place = at % (changed.length + 1);
        return `${changed.slice(0, place)}${put}${changed.slice(place + cut)}`;
      }, text),
  );

/** A right text with a few edits: what lies near the right one reaches deeper than what is far from it. */
export const near = (...texts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), edits).map(([text, edit]) => edit(text));

/** Values at the edges of what JSON says, and ordinary ones. */
export const anyJson = (maxDepth = 3): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.jsonValue({ maxDepth }) as fc.Arbitrary<unknown> },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(
        "",
        0,
        -1,
        1e308,
        2 ** 53,
        0.1,
        null,
        [],
        {},
        true,
        "\u0000",
        "\ud800",
        "__proto__",
      ),
    },
  );

/** Objects with these members, each of any kind, and a few that nobody asked for. */
export const nearObject = (
  members: readonly string[],
  value: fc.Arbitrary<unknown> = anyJson(2),
): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(fc.constantFrom(...members, "__proto__", "constructor", "toString", ""), value, {
    maxKeys: members.length + 1,
    noNullPrototype: true,
  });
