import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { FolderProblem } from "./data-folder.ts";

export interface TlsOptions {
  readonly host: string;
  /** Files in PEM: the certificate with its chain, and its private key. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: true;
}

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * What the bridge speaks TLS with; undefined when it speaks plain HTTP, which it does to its own machine, and to others
 * only when somebody has said that a proxy ends TLS in front of it. Throws a `FolderProblem` that says what to mend.
 */
export const readTls = ({ host, tlsCert, tlsKey, behindProxy }: TlsOptions, now: number): Tls | undefined => {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (loopback.has(host) || behindProxy === true) return undefined;
    throw new FolderProblem(
      `${host} is reachable from other machines, and without TLS they could read credentials and answers: give --tls-cert ` +
        "and --tls-key, or put a proxy that ends TLS in front and say --behind-proxy",
    );
  }
  if (tlsCert === undefined) throw new FolderProblem("--tls-key needs --tls-cert, the certificate that it belongs to");
  if (tlsKey === undefined) throw new FolderProblem("--tls-cert needs --tls-key, its private key");
  refuseIfOpen(tlsKey);
  const [cert, key] = [read(tlsCert, "--tls-cert"), read(tlsKey, "--tls-key")];
  const certificate = certificateIn(cert, tlsCert);
  if (!certificate.checkPrivateKey(keyIn(key, tlsKey))) {
    throw new FolderProblem(`${tlsKey} is not the private key of the certificate in ${tlsCert}`);
  }
  if (Date.parse(certificate.validTo) <= now) {
    throw new FolderProblem(`the certificate in ${tlsCert} was valid until ${certificate.validTo}: renew it`);
  }
  return { cert, key };
};

/**
 * Reads the files again, for handshakes from now on; what is connected stays so. Files that will not do change nothing, and
 * it says why.
 */
export const renewTls = (
  server: { readonly setSecureContext: (tls: Tls) => void },
  options: TlsOptions,
  now: number,
  say: (text: string) => void,
): void => {
  try {
    const tls = readTls(options, now);
    if (tls === undefined) return;
    server.setSecureContext({ cert: tls.cert, key: tls.key });
    const { subject, validTo } = new X509Certificate(tls.cert);
    say(`the certificate was read again: ${subject.replaceAll("\n", ", ")}, valid until ${validTo}`);
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    say(`the old certificate stays in use, because the new one will not do: ${why}`);
  }
};

const refuseIfOpen = (file: string): void => {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  throw new FolderProblem(
    `${file} can be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600 ${file}\``,
  );
};

const read = (file: string, option: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FolderProblem(`${option}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

const certificateIn = (pem: string, file: string): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new FolderProblem(`${file} is not a certificate in PEM`);
  }
};

const keyIn = (pem: string, file: string): KeyObject => {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new FolderProblem(`${file} is not a private key in PEM without a passphrase`);
  }
};
