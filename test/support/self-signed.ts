import { generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";

export interface SelfSigned {
  /** Whose certificate it is: the subject's common name. */
  readonly name: string;
  /** The DNS name or IPv4 address that it is for; absent: none. */
  readonly for?: string;
}

/** Writes a self-signed X.509 certificate, valid for two days, and its P-256 key as PEM, the key for its owner alone. Needs no program. */
export const selfSigned = (certFile: string, keyFile: string, about: SelfSigned): void => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = toBeSigned(about, publicKey.export({ type: "spki", format: "der" }));
  const certificate = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, privateKey)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  writeFileSync(certFile, `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
  writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
};

/** RFC 5280, 4.1. */
const toBeSigned = ({ name, for: host }: SelfSigned, publicKey: Buffer): Buffer => {
  const who = sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from(name)))));
  const from = Date.now() - HOUR_MS;
  const isAuthority = sequence(oid(2, 5, 29, 19), der(0x04, sequence(der(0x01, Buffer.of(0xff)))));
  return sequence(
    der(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    who,
    sequence(time(from), time(from + VALID_MS)),
    who,
    publicKey,
    der(0xa3, sequence(isAuthority, ...(host === undefined ? [] : [alternativeName(host)]))),
  );
};

const HOUR_MS = 3_600_000;
const VALID_MS = 48 * HOUR_MS;

const alternativeName = (host: string): Buffer => {
  const general = isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));
  return sequence(oid(2, 5, 29, 17), der(0x04, sequence(general)));
};

const der = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const integer = (value: number): Buffer => der(0x02, Buffer.of(value));
const bits = (content: Buffer): Buffer => der(0x03, Buffer.concat([Buffer.of(0), content]));
/** `YYMMDDHHMMSSZ`: good until 2049. */
const time = (at: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, "").slice(2, 14)}Z`));

const oid = (first: number, second: number, ...rest: readonly number[]): Buffer =>
  der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
const base128 = (arc: number): readonly number[] => {
  const digits = [arc & 127];
  for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
  return digits;
};

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
