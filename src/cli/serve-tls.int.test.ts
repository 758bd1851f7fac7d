import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket, type Server as TlsServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpDoor } from "../../test/support/http-door.ts";
import { selfSigned } from "../../test/support/self-signed.ts";
import { readTls, renewTls } from "./serve-tls.ts";

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-tls-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const certified = (name: string): void => selfSigned(file("cert.pem"), file("key.pem"), { name });

const connected = (port: number): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => resolve(socket));
    socket.once("error", reject);
  });
const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

/** One request over a connection that is kept; resolves with the status line. */
const askHealth = (socket: TLSSocket): Promise<string | undefined> =>
  new Promise((resolve) => {
    socket.once("data", (data) => resolve(data.toString().split("\r\n")[0]));
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });

test("a renewed certificate is shown to whoever connects from then on, a bad one is not, and no connection is dropped", async () => {
  certified("first");
  const options = { host: "127.0.0.1", tlsCert: file("cert.pem"), tlsKey: file("key.pem") };
  const tls = readTls(options, Date.now());
  const door = await httpDoor(tls === undefined ? {} : { http: { tls } });
  await door.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = door.app.server.address() as AddressInfo;
  const said: string[] = [];
  const renew = (): void =>
    renewTls(door.app.server as unknown as TlsServer, options, Date.now(), (text) => void said.push(text));
  const seen = async (): Promise<unknown> => {
    const socket = await connected(port);
    const name = nameOf(socket);
    socket.destroy();
    return name;
  };
  const kept = await connected(port);
  expect([nameOf(kept), await askHealth(kept)]).toEqual(["first", "HTTP/1.1 200 OK"]);

  certified("second");
  expect(await seen()).toBe("first");
  renew();
  expect([await seen(), await askHealth(kept)]).toEqual(["second", "HTTP/1.1 200 OK"]);

  chmodSync(file("key.pem"), 0o644);
  renew();
  writeFileSync(file("cert.pem"), "half a file");
  chmodSync(file("key.pem"), 0o600);
  renew();
  rmSync(file("cert.pem"));
  renew();
  expect([await seen(), await askHealth(kept), nameOf(kept)]).toEqual(["second", "HTTP/1.1 200 OK", "first"]);
  expect(said).toEqual([
    expect.stringMatching(/^the certificate was read again: CN=second, valid until /),
    expect.stringMatching(/^the old certificate stays in use.*chmod 600/),
    expect.stringMatching(/^the old certificate stays in use.*is not a certificate/),
    expect.stringMatching(/^the old certificate stays in use.*cannot be read \(ENOENT\)/),
  ]);
  kept.destroy();
  await door.app.close();
  await door.close();
});
