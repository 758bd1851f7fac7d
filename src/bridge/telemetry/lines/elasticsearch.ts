import type { Rng, Scheduler } from "../../../domain/world.ts";
import { type Batches, batches } from "../export/batches.ts";
import { type HttpReply, type Post, sendBy } from "../export/post.ts";
import type { ExportWatch, Sent } from "../export/sent.ts";
import type { LineSink } from "./line.ts";

export interface ElasticOptions {
  readonly post: Post;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly watch: ExportWatch;
  /** `http://localhost:9200` */
  readonly endpoint: string;
  /** `logs-lighthouse.bridge-production` */
  readonly dataStream: string;
  readonly apiKey?: string;
  readonly bufferBytes: number;
}

interface Document {
  readonly id: string;
  readonly text: string;
}

/** Lines in one request, and how long the first of them waits for the others, in milliseconds. */
const BATCH_LINES = 500;
const DELAY_MS = 1_000;

/**
 * Lines straight into a data stream by Elasticsearch's bulk API. Each has an id of its own, made here: when part of a
 * batch has to be sent again, what was there already answers 409, and nothing is there twice.
 */
export const elasticLines = (
  options: ElasticOptions,
): { readonly sink: LineSink; readonly close: () => Promise<void> } => {
  const { post, scheduler, rng, watch, endpoint, dataStream, apiKey, bufferBytes } = options;
  const prefix = Buffer.from(rng.bytes(9)).toString("base64url");
  let count = 0;
  const waiting: Batches<Document> = batches<Document>({
    scheduler,
    watch,
    batchMax: BATCH_LINES,
    queueMax: bufferBytes,
    sizeOf: ({ text }) => text.length,
    delayMs: DELAY_MS,
    send: (documents) =>
      sendBy(
        post,
        {
          url: `${endpoint.replace(/\/$/, "")}/${dataStream}/_bulk`,
          headers: {
            "content-type": "application/x-ndjson",
            ...(apiKey === undefined ? {} : { authorization: `ApiKey ${apiKey}` }),
          },
          body: documents.map(({ id, text }) => `{"create":{"_id":"${id}"}}\n${text}\n`).join(""),
        },
        accepted,
      ),
  });
  return {
    sink: (_line, text) => waiting.add({ id: `${prefix}${(count++).toString(36)}`, text }),
    close: waiting.close,
  };
};

const conflict = 409;
/** Too many, or 503 while a shard is on its way from one node to another: the line itself is well. */
const isPassing = (status: number): boolean => status === 429 || status >= 500;

/** Elasticsearch answers 200 and says of every document by itself what became of it. */
const accepted = ({ bytes }: HttpReply): Sent => {
  const { errors, items = [] } = parsed(bytes);
  if (errors !== true) return { ok: true, rejected: 0 };
  const statuses = items.map((item) => item.create?.status ?? 0);
  if (statuses.some(isPassing)) {
    return { ok: false, isTransient: true, reason: "Elasticsearch takes no more at the moment" };
  }
  return { ok: true, rejected: statuses.filter((status) => status >= 400 && status !== conflict).length };
};

interface BulkReply {
  readonly errors?: boolean;
  readonly items?: readonly { readonly create?: { readonly status?: number } }[];
}

const parsed = (bytes: Uint8Array): BulkReply => {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as BulkReply;
  } catch {
    return {};
  }
};
