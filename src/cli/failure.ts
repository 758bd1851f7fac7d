import { LogCorrupt, LogUnavailable } from "../bridge/log/log.ts";
import { type FaultKind, LighthouseFault, LighthouseRefusal } from "../client/refusal.ts";
import type { Problem } from "../domain/refusal.ts";
import { FromANewerBuild } from "../domain/upcast.ts";
import { FolderProblem } from "./data-folder.ts";
import { type Exit, exitOfRefusal } from "./exit.ts";

/** What a person is told when a command did not do what it was asked to. */
export interface Explanation {
  readonly exit: Exit;
  /** A refusal's code, or the exit's name. */
  readonly code: string;
  readonly title: string;
  /** What exactly, this time; may be empty. */
  readonly detail: string;
  readonly problems: readonly Problem[];
  /** What to do about it; may be empty. */
  readonly remedy: string;
}

/** A command cannot go on, for a reason that is nobody's bug. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly explanation: Explanation;

  constructor(
    exit: Exit,
    title: string,
    more: { readonly remedy?: string; readonly problems?: readonly Problem[] } = {},
  ) {
    super(title);
    this.explanation = {
      exit,
      code: exit,
      title,
      detail: "",
      problems: more.problems ?? [],
      remedy: more.remedy ?? "",
    };
  }
}

/** Any error in words. What none of us foresaw keeps its message and says that it is a fault; never a stack. */
export const explain = (error: unknown): Explanation => {
  if (error instanceof Failure) return error.explanation;
  if (error instanceof LighthouseRefusal) {
    const { code, title, detail, problems, remedy } = error;
    return { exit: exitOfRefusal(code), code, title, detail, problems, remedy };
  }
  if (error instanceof LighthouseFault) {
    const exit: Exit = error.kind === "unreachable" || error.kind === "interrupted" ? "unreachable" : "fault";
    return { ...plain(exit, error.message, faultRemedies[error.kind]), code: error.kind };
  }
  if (error instanceof FolderProblem || error instanceof LogUnavailable || error instanceof FromANewerBuild)
    return plain("usage", error.message, "");
  if (error instanceof LogCorrupt) {
    return plain(
      "unverified",
      `The log was changed from outside: ${error.message}`,
      "Nothing was written. `lighthouse log verify` says what is left; `lighthouse log restore` puts a backup in a new folder.",
    );
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code === "string" && Object.hasOwn(fileRemedies, code)) {
    return plain("usage", (error as Error).message, fileRemedies[code] as string);
  }
  // The low byte of an extended SQLite code is its family.
  const sqlite = sqliteRemedies[((error as { readonly errcode?: number } | null)?.errcode ?? 0) & 0xff];
  if (sqlite !== undefined) return plain("usage", (error as Error).message, sqlite);
  return plain(
    "fault",
    error instanceof Error ? error.message : String(error),
    "This is a fault of Lighthouse. `LIGHTHOUSE_DEBUG=1` shows where it happened; please report it.",
  );
};

const plain = (exit: Exit, title: string, remedy: string): Explanation => ({
  exit,
  code: exit,
  title,
  detail: "",
  problems: [],
  remedy,
});

const faultRemedies: Readonly<Record<FaultKind, string>> = {
  unreachable: "`lighthouse serve` starts a bridge, `lighthouse doctor` says what is wrong, `--url` names another one.",
  interrupted: "It may have been done: look before you do it again (`lighthouse watch`, `lighthouse events`).",
  closed: "",
  internal: "The bridge's own output says why; its operator should look.",
  protocol: "Use a client and a bridge of the same version, and the credential of this bridge.",
};

const fileRemedies: Readonly<Record<string, string>> = {
  ENOENT: "Check the path.",
  EACCES: "Check who owns it and who may read it.",
  EISDIR: "Name a file, not a folder.",
  EEXIST: "Choose another name.",
  ENOSPC: "Make room on the disk.",
  EROFS: "Choose a place that can be written.",
  ENOTDIR: "A part of the path is a file.",
  EDQUOT: "Make room on the disk.",
};

const sqliteRemedies: Readonly<Record<number, string>> = {
  8: "Check who may write there, and whether the disk can be written.",
  13: "Make room on the disk.",
  14: "Check the path, and who may write there.",
  26: "Name a log of a bridge (events.db) or a backup of one.",
};
