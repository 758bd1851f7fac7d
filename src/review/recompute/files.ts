import type { Json } from "../../domain/json.ts";
import type { Evidence, ResourceDescriptor } from "../evidence/descriptor.ts";
import type { Rows } from "./how.ts";
import { allHold, NotThere, valueAt } from "./term.ts";

/** Rows that are looked at in one file. */
export const ROWS_MAX = 1_000_000;

/** The evidence of one check, by the names that the policy calls it. Each file is read once. */
export interface Files {
  readonly json: (name: string) => Json;
  /** The lines of a file, without the newline that ends each. */
  readonly lines: (name: string) => readonly string[];
}

export const filesOf = (descriptors: readonly ResourceDescriptor[], evidence: Evidence): Files => {
  const bytesOf = (name: string): Uint8Array => {
    const found = descriptors.filter((d) => d.name === name);
    if (found.length === 0) throw new NotThere(`there is no evidence file ${name}`);
    if (found.length > 1) throw new NotThere(`two evidence files are called ${name}`);
    const bytes = evidence.get(found[0]?.digest.sha256 ?? "");
    if (bytes === undefined) throw new NotThere(`the bytes of ${name} are not there`);
    return bytes;
  };
  const lines = (name: string): readonly string[] => linesOf(bytesOf(name), name);
  return {
    lines,
    json: (name) => {
      const isLines = descriptors.some((d) => d.name === name && d.mediaType.endsWith("ndjson"));
      return isLines ? jsonLinesOf(bytesOf(name), name) : jsonOf(bytesOf(name), name);
    },
  };
};

/** What was read out of bytes is kept as long as the bytes: many checks look at one file. */
const oncePerFile = <T extends object>(read: (bytes: Uint8Array, name: string) => T) => {
  const known = new WeakMap<Uint8Array, T>();
  return (bytes: Uint8Array, name: string): T => {
    const found = known.get(bytes);
    if (found !== undefined) return found;
    const made = read(bytes, name);
    known.set(bytes, made);
    return made;
  };
};

const textOf = (bytes: Uint8Array, name: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotThere(`${name} is not UTF-8`);
  }
};

const linesOf = oncePerFile((bytes, name): readonly string[] => {
  const text = textOf(bytes, name);
  if (!text.endsWith("\n")) throw new NotThere(`the last line of ${name} does not end`);
  return text.slice(0, -1).split("\n");
});

const parse = (text: string, what: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new NotThere(`${what} is not JSON`);
  }
};

const jsonLinesOf = oncePerFile((bytes, name): readonly Json[] =>
  linesOf(bytes, name).map((line, i) => parse(line, `line ${i + 1} of ${name}`)),
);

const wholeOf = oncePerFile((bytes, name): { readonly value: Json } => ({ value: parse(textOf(bytes, name), name) }));
const jsonOf = (bytes: Uint8Array, name: string): Json => wholeOf(bytes, name).value;

export const rowsOf = (rows: Rows, files: Files): readonly unknown[] => {
  const all = "each" in rows ? eachOf(rows, files) : zipOf(rows.zip, rows.file, files);
  if (all.length > ROWS_MAX) throw new NotThere(`${rows.file} has over ${ROWS_MAX} rows`);
  const { where } = rows;
  return where === undefined ? all : all.filter((row) => allHold(where, row));
};

const eachOf = ({ file, each, then }: Extract<Rows, { each: string }>, files: Files): readonly unknown[] => {
  const outer = itemsAt(files.json(file), each, file);
  return then === undefined ? outer : outer.flatMap((row) => itemsAt(row, then, file));
};

const itemsAt = (document: unknown, pointer: string, file: string): readonly unknown[] => {
  const found = valueAt(document, pointer);
  if (Array.isArray(found)) return found;
  if (typeof found === "object" && found !== null) return Object.values(found);
  throw new NotThere(`${file}#${pointer} has no rows`);
};

const zipOf = (pointers: readonly string[], file: string, files: Files): readonly unknown[] => {
  const document = files.json(file);
  const columns = pointers.map((pointer) => {
    const column = valueAt(document, pointer);
    if (!Array.isArray(column)) throw new NotThere(`${file}#${pointer} is not a column`);
    return column as readonly unknown[];
  });
  const length = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== length)) throw new NotThere(`the columns of ${file} differ in length`);
  const rows: unknown[][] = [];
  for (let i = 0; i < length; i++) {
    const row: unknown[] = [];
    for (const column of columns) row.push(column[i]);
    rows.push(row);
  }
  return rows;
};
