import type { IncomingHttpHeaders } from "node:http";
import { type Refusal, refusal } from "../../domain/refusal.ts";

export interface OriginRules {
  /** Origins (`https://console.example`) whose pages may call the bridge, besides those it serves itself. */
  readonly allowedOrigins?: readonly string[];
  /** Names, without port, under which the bridge is reached; absent: any. Set for a bridge on loopback. */
  readonly allowedHosts?: readonly string[];
}

export interface OriginPolicy {
  /** Why a request from a browser's page is refused; undefined when it is not. Requests without `Origin` are no page's. */
  readonly refuse: (headers: IncomingHttpHeaders) => Refusal | undefined;
  /** True for a page of another origin that may call. */
  readonly isForeignButAllowed: (headers: IncomingHttpHeaders) => boolean;
}

/**
 * Which web pages may talk to the bridge. A page's own credential is no proof of good will: any page can open a
 * WebSocket to a bridge on the same machine, and a name that is rebound to 127.0.0.1 makes it "the same origin".
 */
export const originPolicy = ({ allowedOrigins = [], allowedHosts }: OriginRules): OriginPolicy => {
  const origins = new Set(allowedOrigins);
  const hosts = allowedHosts === undefined ? undefined : new Set(allowedHosts.map(unbracketed));
  const isForeignButAllowed = ({ origin }: IncomingHttpHeaders): boolean => origin !== undefined && origins.has(origin);
  return {
    isForeignButAllowed,
    refuse: (headers) => {
      if (hosts !== undefined && !hosts.has(hostName(headers.host))) {
        return refusal("forbidden", "the bridge is not served under that host name");
      }
      if (headers.origin === undefined || isForeignButAllowed(headers) || isOwn(headers)) return undefined;
      return refusal("forbidden", "pages of that origin may not call this bridge");
    },
  };
};

const isOwn = ({ origin = "", host }: IncomingHttpHeaders): boolean => {
  const url = URL.parse(origin);
  return url !== null && host !== undefined && (url.protocol === "http:" || url.protocol === "https:")
    ? url.host === URL.parse(`${url.protocol}//${host}`)?.host
    : false;
};

const hostName = (host: string | undefined): string => unbracketed(URL.parse(`http://${host ?? ""}`)?.hostname ?? "");

/** An IPv6 address is `[::1]` in a URL and `::1` to everybody who listens on it. */
const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");
