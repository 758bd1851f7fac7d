import { lookup } from "node:dns/promises";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { isIP } from "node:net";
import type { WebhookNet } from "../bridge/delivery/webhooks.ts";

/** Standard Webhooks advises 15 to 30 s; a receiver that takes longer should say 202 first. */
const POST_MS = 15_000;

/** Posts to the address that was looked at, under the name that the URL has: in `Host`, in SNI and in the certificate. */
export const webhookNet: WebhookNet = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  post: ({ url, address, headers, body }) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname, host, port, pathname, search } = new URL(url);
      const start = protocol === "https:" ? secure : plain;
      const name = hostname.replace(/^\[(.*)\]$/, "$1");
      const sent = start(
        {
          host: address,
          ...(port === "" ? {} : { port }),
          path: `${pathname}${search}`,
          method: "POST",
          ...(isIP(name) === 0 ? { servername: name } : {}),
          headers: { ...headers, host, "content-length": Buffer.byteLength(body) },
          // One connection a post: none is kept that another agent's name could be made to ride on.
          agent: false,
          signal: AbortSignal.timeout(POST_MS),
        },
        (response) => {
          // Only the status counts; what else comes is not read.
          resolve(response.statusCode ?? 0);
          response.destroy();
        },
      );
      sent.on("error", reject).end(body);
    }),
};
