import type { FastifyReply } from "fastify";
import type { Refusal } from "../../../domain/refusal.ts";
import { type ProblemBody, problemHeaders, problemOf } from "./problem.ts";

/** As bytes: to text, the framework would add a `charset` that JSON media types do not have. */
export const sendProblem = (reply: FastifyReply, problem: ProblemBody): FastifyReply =>
  reply
    .code(problem.status)
    .headers(problemHeaders(problem))
    .send(Buffer.from(JSON.stringify(problem)));

export const sendRefusal = (reply: FastifyReply, refused: Refusal): FastifyReply =>
  sendProblem(reply, problemOf(refused));

/** With headers that say it better than those of the problem. */
export const sendRefusalWith = (
  reply: FastifyReply,
  refused: Refusal,
  headers: Readonly<Record<string, string>>,
): FastifyReply => {
  const problem = problemOf(refused);
  return reply
    .code(problem.status)
    .headers({ ...problemHeaders(problem), ...headers })
    .send(Buffer.from(JSON.stringify(problem)));
};
