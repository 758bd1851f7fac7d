import type { Attack } from "./attack.ts";
import { authority } from "./authority.ts";
import { binding } from "./binding.ts";
import { enrolment } from "./enrolment.ts";
import { flood } from "./flood.ts";
import { form } from "./form.ts";
import { input } from "./input.ts";
import { inquiry } from "./inquiry.ts";
import { login } from "./login.ts";
import { page } from "./page.ts";
import { question } from "./question.ts";
import { replay } from "./replay.ts";
import { signature } from "./signature.ts";
import { standing } from "./standing.ts";
import { store } from "./store.ts";
import { webhook } from "./webhook.ts";
import { words } from "./words.ts";

/** Every attack, in the order of running; the one that leaves no bridge behind comes last. */
export const attacks: readonly Attack[] = [
  ...signature,
  ...binding,
  ...question,
  ...inquiry,
  ...authority,
  ...enrolment,
  ...login,
  ...standing,
  ...input,
  ...page,
  ...webhook,
  ...words,
  ...form,
  ...flood,
  ...replay,
  ...store,
];
