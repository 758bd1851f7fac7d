import type { JsonSchema } from "./node.ts";

export type Scalar = string | number | boolean | null;

/** One input of a form. */
export type Field = FieldKind & {
  readonly name: string;
  /** What to call it: the schema's title, or the name. */
  readonly title: string;
  readonly description: string | undefined;
  readonly required: boolean;
  /** What stands there if nothing is typed; has the type of the field's values. */
  readonly default: unknown;
  /** The member's own schema: `parseField` checks against it. */
  readonly schema: JsonSchema;
};

export type FieldKind =
  | {
      readonly kind: "text";
      readonly format: string | undefined;
      readonly minLength: number | undefined;
      readonly maxLength: number | undefined;
    }
  | {
      readonly kind: "number";
      readonly integer: boolean;
      readonly minimum: number | undefined;
      readonly maximum: number | undefined;
    }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly options: readonly Option[] }
  | {
      readonly kind: "choices";
      readonly options: readonly Option[];
      readonly minItems: number | undefined;
      readonly maxItems: number | undefined;
    };

export type Option = { readonly value: Scalar; readonly label: string };
