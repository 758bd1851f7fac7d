import type { FastifyInstance, FastifyReply, HTTPMethods } from "fastify";
import { faultProblem } from "./problem.ts";
import { sendProblem } from "./reply.ts";

/** The methods that a client may plausibly try. */
const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"];

/** What is served at one path. */
export interface Served {
  readonly method: string;
  readonly path: string;
}

/**
 * Answers known paths under other methods with 405 and what they do take, and unknown paths with 404. Call it last.
 * The method is looked at before the credential and before the body: neither would change the answer.
 */
export const refuseTheRest = (app: FastifyInstance, served: readonly Served[]): void => {
  app.addHttpMethod("QUERY", { overrideExisting: true });
  for (const path of new Set(served.map((route) => route.path))) {
    const allowed = served.filter((route) => route.path === path).map((route) => route.method);
    const refuse = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> =>
      sendProblem(
        reply.header("allow", allowed.join(", ")),
        faultProblem("method_not_allowed", `it takes ${allowed.join(" and ")}`),
      );
    app.route({
      method: methods.filter((method) => !allowed.includes(method)),
      url: path,
      exposeHeadRoute: false,
      onRequest: refuse,
      handler: refuse,
    });
  }
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, faultProblem("route_unknown", "nothing is served there")),
  );
};
