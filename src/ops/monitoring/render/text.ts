import { stringify } from "yaml";

/** A YAML file that says where it comes from, so that nobody edits it and wonders. */
export const yamlFile = (content: unknown): string =>
  `# Rendered from monitoring.yaml by \`lighthouse monitoring render\`. Edits here are lost; change that file.\n${stringify(content, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** A JSON file. JSON has no comments, so the note about its origin stands in its folder's YAML. */
export const jsonFile = (content: unknown): string => `${JSON.stringify(content, null, 2)}\n`;
