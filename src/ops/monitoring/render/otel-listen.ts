/** Where a server has to listen, so that what is rendered for its clients finds it. */

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Of a URL, or of `host:port`. */
export const placeOf = (address: string): Place => {
  const url = new URL(address.includes("://") ? address : `tcp://${address}`);
  const standard = url.protocol === "https:" ? 443 : 80;
  return { host: url.hostname, port: url.port === "" ? standard : Number(url.port) };
};

const loopback = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** Whether it is on the machine that monitoring.yaml speaks of, and so ours to start. */
export const isLocal = (address: string): boolean => loopback.includes(placeOf(address).host);

/** On loopback when its clients are there too; else on every address of its machine, at the port they call. */
export const listenAddress = (address: string): string =>
  `${isLocal(address) ? "127.0.0.1" : "0.0.0.0"}:${placeOf(address).port}`;

/**
 * Own metrics of a collector, and of Jaeger, which is one: nobody scrapes them, and both would open port 8888 for them,
 * so that whichever starts second on a machine does not start.
 */
export const unscraped = { metrics: { level: "none" } } as const;
