import type { SecretRef } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";

/** The name of the environment variable that a reference names. */
export const variableOf = (reference: SecretRef): string => reference.slice(2, -1);

/**
 * The file that holds a secret on the machine of Prometheus and Alertmanager, which expand no variables: named like the
 * variable, in the folder of secrets. `apply` writes it; nothing that is rendered does.
 */
export const secretFile = ({ alerting }: Pick<Spec, "alerting">, reference: SecretRef): string =>
  `${alerting.secrets_dir}/${variableOf(reference)}`;
