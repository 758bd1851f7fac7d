/** One thing that is wrong with a monitoring.yaml, or worth knowing about it. Never quotes a value that may be secret. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** JSON pointer into the file, `/alerting/slack/channels`. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** `monitoring.yaml:12: /alerting/slack: …. …` */
export const problemText = (file: string, { line, path, message, fix }: Problem): string =>
  `${file}:${line}: ${path || "/"}: ${message}. ${fix}`;
