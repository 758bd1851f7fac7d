import type { NoteSigner } from "../../../signing/note.ts";

export interface WriterData {
  readonly role: "writer";
  readonly path: string;
  readonly signer?: NoteSigner;
  readonly checkpointEvents: number;
  /** The newest position that the main thread has told anybody of; null at the first start. */
  readonly known: number | null;
  /** Test only: acknowledges before the commit, so that the crash test can prove that it would notice. */
  readonly unsafeAckBeforeCommit?: boolean;
}

export type ThreadData =
  | WriterData
  | { readonly role: "reader"; readonly path: string }
  | { readonly role: "keeper"; readonly path: string };
