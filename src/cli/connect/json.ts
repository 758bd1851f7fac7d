import { NotOurs } from "./client.ts";

export type Members = { [member: string]: unknown };

/** Changes a JSON file as an object and writes it back as it was indented. Comments cannot be kept, so they are refused. */
export const editJson = (before: string | null, edit: (root: Members) => void): string => {
  const root = before === null || before.trim() === "" ? {} : parsed(before);
  const was = JSON.stringify(root);
  edit(root);
  // Not a byte changes in a file that says already what it should.
  if (before !== null && JSON.stringify(root) === was) return before;
  const indent = /^([ \t]+)"/m.exec(before ?? "")?.[1] ?? "  ";
  return `${JSON.stringify(root, null, indent)}${before === null || before.endsWith("\n") ? "\n" : ""}`;
};

/** The same, and nothing at all when nothing is left. */
export const undoJson = (before: string, edit: (root: Members) => void): string | null => {
  const after = editJson(before, edit);
  return Object.keys(parsed(after)).length === 0 && after !== before ? null : after;
};

export const parsed = (text: string): Members => {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new NotOurs("it is not plain JSON (comments and trailing commas would be lost)");
  }
  if (!isMembers(root)) throw new NotOurs("it is not a JSON object");
  return root;
};

/** The object under a name; made when it is not there. */
export const under = (root: Members, name: string): Members => {
  const found = root[name];
  if (found !== undefined && !isMembers(found)) throw new NotOurs(`"${name}" is not an object`);
  const members = found ?? {};
  root[name] = members;
  return members;
};

/** Takes a member away, and what held it if nothing else is in it. */
export const without = (root: Members, name: string, member: string): void => {
  const found = root[name];
  if (!isMembers(found)) return;
  delete found[member];
  if (Object.keys(found).length === 0) delete root[name];
};

export const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
