import type { FastifyInstance } from "fastify";
import { fixedForm, style } from "../form/document.ts";
import { FORM_PATH } from "../form/path.ts";
import { script } from "../form/script.ts";

/** Nothing but what the bridge itself serves runs in the page, and no other page can hold it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const files = [
  { path: FORM_PATH, type: "text/html; charset=utf-8", text: fixedForm },
  { path: `${FORM_PATH}.js`, type: "text/javascript; charset=utf-8", text: script },
  { path: `${FORM_PATH}.css`, type: "text/css; charset=utf-8", text: style },
] as const;

/**
 * The page of one-time forms. The same bytes for everybody: which form it is stands in the URL's fragment, which no
 * browser sends and hence no server or proxy can log.
 */
export const serveFormPage = (app: FastifyInstance): readonly { readonly method: string; readonly path: string }[] => {
  for (const { path, type, text } of files) {
    app.get(path, { exposeHeadRoute: true }, async (_request, reply) =>
      reply.type(type).header("content-security-policy", POLICY).send(text),
    );
  }
  return files.flatMap(({ path }) => ["GET", "HEAD"].map((method) => ({ method, path })));
};
