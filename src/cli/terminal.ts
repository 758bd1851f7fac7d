import { styleText } from "node:util";
import type { Explanation } from "./failure.ts";
import { printable, printableJson } from "./printable.ts";

type Style = Parameters<typeof styleText>[0];

/** Where a command speaks: results on stdout, everything that is only for eyes on stderr. */
export interface Terminal {
  /** `--json`: stdout has one JSON document, or JSON lines, and nothing else. */
  readonly json: boolean;
  /** The result: a document for machines, or lines for people. */
  readonly result: (document: unknown, lines: () => string | readonly string[]) => void;
  /** A remark for people; silent with `--json`. */
  readonly note: (text: string) => void;
  readonly failed: (explanation: Explanation) => void;
  /** How far a long task has come; shown on a terminal only. `done` takes the line away. */
  readonly progress: (what: string) => {
    readonly step: (done: number, total: number) => void;
    readonly done: () => void;
  };
  /** Colour on stdout, only if that is a terminal (and neither NO_COLOR nor a pipe says otherwise). */
  readonly style: (style: Style, text: string) => string;
}

export const terminal = (json: boolean): Terminal => {
  const { stdout, stderr } = process;
  const styleOut = (style: Style, text: string): string => styleText(style, text, { stream: stdout });
  const styleErr = (style: Style, text: string): string => styleText(style, text, { stream: stderr });
  const note = (text: string): void => {
    if (!json) stderr.write(`${text}\n`);
  };
  return {
    json,
    style: styleOut,
    note,
    result: (document, lines) => {
      if (json) stdout.write(`${printableJson(document)}\n`);
      else for (const line of [lines()].flat()) stdout.write(`${line}\n`);
    },
    failed: ({ exit, ...explanation }) => {
      if (json) stdout.write(`${printableJson({ error: explanation })}\n`);
      else stderr.write(`${told(explanation, styleErr)}\n`);
    },
    progress: (what) => {
      const shown = !json && stderr.isTTY === true;
      let last = 0;
      return {
        step: (done, total) => {
          // Ten times a second: enough for eyes, and not felt by the work.
          if (!shown || performance.now() - last < 100) return;
          last = performance.now();
          const share = total === 0 ? 100 : Math.floor((done / total) * 100);
          stderr.write(
            `\r\u001b[2K${what}: ${share} % (${done.toLocaleString("en")} of ${total.toLocaleString("en")})`,
          );
        },
        done: () => {
          if (shown && last > 0) stderr.write("\r\u001b[2K");
        },
      };
    },
  };
};

const told = (
  { title, detail, problems, remedy }: Omit<Explanation, "exit">,
  style: (style: Style, text: string) => string,
): string =>
  [
    `${style("red", "lighthouse:")} ${printable(detail === "" ? title : `${title.replace(/\.$/, "")}: ${detail}`)}`,
    ...problems.map(
      ({ pointer, message }) =>
        `  ${style("yellow", pointer === "" ? "(all of it)" : printable(pointer))} ${printable(message)}`,
    ),
    ...(remedy === "" ? [] : [`  ${remedy}`]),
  ].join("\n");
