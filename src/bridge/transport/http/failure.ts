import type { Socket } from "node:net";
import type { FastifyError, FastifyReply } from "fastify";
import { refusal } from "../../../domain/refusal.ts";
import { LogUnavailable } from "../../log/log.ts";
import { faultProblem, type ProblemBody, problemOf } from "./problem.ts";
import { rawReply } from "./raw-reply.ts";
import { sendProblem } from "./reply.ts";

/** What the framework or an operation threw, as a problem. Only what is our failure is reported as a fault. */
export const sendFailure = (error: unknown, reply: FastifyReply, onFault: (fault: unknown) => void): FastifyReply => {
  const problem = clientProblem(error);
  if (problem !== undefined) return sendProblem(reply, problem);
  if (error instanceof LogUnavailable) {
    return sendProblem(reply, problemOf(refusal("log_unavailable", "the log cannot be used now")));
  }
  onFault(error);
  return sendProblem(reply, faultProblem("internal", "the operator's log says why"));
};

/** A body that is not JSON in UTF-8: thrown by the body parser. */
export class NotJson extends Error {
  override readonly name = "NotJson";
}

const clientProblem = (error: unknown): ProblemBody | undefined => {
  if (error instanceof NotJson) return problemOf(invalid(error.message));
  const { code, statusCode } = error as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return problemOf(refusal("too_large", "the body is too large"));
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return faultProblem("media_type_unsupported", "that content type is not taken");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return problemOf(invalid("the body is not as long as Content-Length says"));
    case "FST_ERR_BAD_URL":
      return problemOf(invalid("the path is not percent-encoded UTF-8"));
    default:
      // The rest of the framework's 4xx are requests that broke off half-way or are not HTTP.
      return statusCode !== undefined && statusCode >= 400 && statusCode < 500
        ? problemOf(invalid("the request could not be read"))
        : undefined;
  }
};

const invalid = (message: string) => refusal("invalid_input", message, { problems: [{ pointer: "", message }] });

/** For what is not even HTTP: there is no request to reply to, only a socket to write on. */
export const answerBrokenRequest = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  socket.end(rawReply(brokenRequestProblem(error.code)));
};

const brokenRequestProblem = (code: string | undefined): ProblemBody => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return faultProblem("header_too_large", "the request's headers are too large");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return problemOf(refusal("too_slow", "the request did not arrive in time"));
    default:
      return problemOf(invalid("this is not an HTTP/1.1 request"));
  }
};
