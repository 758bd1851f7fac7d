import type { FastifyInstance } from "fastify";
import type { Spec } from "../ops/monitoring/spec/schema.ts";

export const RUNBOOKS_PATH = "/runbooks";

/**
 * The runbooks where the alerts say that they are: `/runbooks/<Alert>.md`, with the thresholds of this bridge's own
 * monitoring.yaml. Plain text, because a browser shows that and offers Markdown for download; needs no credential, as
 * `/metrics` needs none: whoever is woken up at night has a link and perhaps nothing else.
 */
export const serveRunbooks = (app: FastifyInstance, spec: Spec | undefined): void => {
  let pages: Promise<ReadonlyMap<string, string>> | undefined;
  app.get<{ Params: { page?: string } }>(`${RUNBOOKS_PATH}/:page?`, async (request, reply) => {
    pages ??= pagesFor(spec);
    const text = (await pages).get(request.params.page ?? "README.md");
    reply.header("x-content-type-options", "nosniff").type("text/plain; charset=utf-8");
    return text === undefined
      ? reply.code(404).send(`There is no such runbook. ${RUNBOOKS_PATH}/README.md lists them.\n`)
      : reply.send(text);
  });
};

/** Read when the first is asked for: a bridge should not pay for thirty renderers at its start. */
const pagesFor = async (spec: Spec | undefined): Promise<ReadonlyMap<string, string>> => {
  const { renderRunbooks } = await import("../ops/monitoring/runbook/markdown.ts");
  const { readSpec } = await import("../ops/monitoring/spec.ts");
  const empty = readSpec("");
  // An alert that is switched off here may be on elsewhere: its page is there too, with the usual values.
  return new Map([
    ...(empty.ok ? renderRunbooks(empty.spec) : []),
    ...(spec === undefined ? [] : renderRunbooks(spec)),
  ]);
};
