import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { selfSigned } from "../../test/support/self-signed.ts";
import { webhookNet } from "./webhook-net.ts";

const folder = mkdtempSync(join(tmpdir(), "webhook-tls-"));
const trusted = getCACertificates();
let server: Server;
let port: number;
let cert: string;
const names: (string | false | null)[] = [];
const hosts: (string | undefined)[] = [];

/** A name that resolves nowhere: whatever gets there was sent to the address and not to the name. */
const NAME = "hooks.invalid";

beforeAll(async () => {
  const [key, crt] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  selfSigned(crt, key, { name: NAME, for: NAME });
  cert = readFileSync(crt, "utf8");
  server = createServer({ key: readFileSync(key), cert }, (request, response) => {
    names.push((request.socket as TLSSocket & { servername: string | false | null }).servername);
    hosts.push(request.headers.host);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

const post = (name: string) =>
  webhookNet.post({ url: `https://${name}:${port}/hook`, address: "127.0.0.1", headers: {}, body: "{}" });

test("a post goes to the address that was looked at, under the URL's name in SNI, certificate and Host", async () => {
  setDefaultCACertificates([...trusted, cert]);
  expect(await post(NAME)).toBe(204);
  expect(names).toEqual([NAME]);
  expect(hosts).toEqual([`${NAME}:${port}`]);
});

test("a certificate of another name is no receiver of ours, and nothing is sent to it", async () => {
  setDefaultCACertificates([...trusted, cert]);
  await expect(post("other.invalid")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  expect(hosts).toHaveLength(1);
});

test("a certificate that nobody vouches for is none", async () => {
  setDefaultCACertificates(trusted);
  await expect(post(NAME)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(hosts).toHaveLength(1);
});
