import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { InvalidArgumentError } from "commander";

/**
 * Has this process trust the certificates in a file too, for every connection it makes. Commander reads options before a
 * command runs, so nothing has connected yet.
 */
export const trustAlso = (file: string): void => {
  const found = read(file).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new InvalidArgumentError("It holds no certificate in PEM (BEGIN CERTIFICATE).");
  setDefaultCACertificates([...getCACertificates("default"), ...found]);
};

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
};
