/** Where the one page is that a bridge has for people who are asked. */
export const FORM_PATH = "/form";
