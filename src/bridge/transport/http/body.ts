import type { FastifyInstance } from "fastify";
import { NotJson } from "./failure.ts";
import { faultProblem } from "./problem.ts";
import { sendProblem } from "./reply.ts";

/** Bodies are JSON in UTF-8 and nothing else. Bytes that are not UTF-8 are refused, not patched with U+FFFD. */
export const jsonBodies = (app: FastifyInstance): void => {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  app.addHook("onRequest", async ({ headers }, reply) => {
    const encoding = headers["content-encoding"];
    if (encoding === undefined || encoding === "identity") return undefined;
    return sendProblem(reply, faultProblem("media_type_unsupported", "that content encoding is not taken"));
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: unknown, body: Buffer) => {
    if (body.byteLength === 0) return undefined;
    let text: string;
    try {
      text = utf8.decode(body);
    } catch {
      throw new NotJson("the body is not UTF-8");
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new NotJson("the body is not JSON");
    }
  });
};
