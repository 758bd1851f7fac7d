/** A module as JavaScript, and what it imports: by names that `resolve` understands. */
export interface LinkPorts {
  /** The text of a module, without types. */
  readonly read: (module: string) => string;
  /** Which module is meant by what stands in an import of another. */
  readonly resolve: (specifier: string, importer: string) => string;
}

const importing = /^import\s+\{([^}]*)\}\s+from\s+"([^"]+)";?[ \t]*$/gm;
const exporting = /^export (const|class|function) ([\w$]+)/gm;

/**
 * One script of many modules, in the order in which they need each other. It knows as much of the language as this project
 * writes: named imports of one statement each, and `export` before a declaration; whatever else begins with one of the two
 * words is refused. So a page can carry the verifier itself, of whatever build it comes from, without a bundler and
 * without a second copy of it that could fall behind.
 */
export const link = (entry: string, { read, resolve }: LinkPorts): string => {
  const names = new Map<string, string>();
  const parts: string[] = [];
  const add = (module: string): string => {
    const known = names.get(module);
    if (known === "") throw new Error(`${module} imports itself, by way of others`);
    if (known !== undefined) return known;
    names.set(module, "");
    const exported: string[] = [];
    const body = read(module)
      .replaceAll(importing, (_, members: string, specifier: string) => {
        const wanted = members
          .split(",")
          .map((one) => one.trim())
          .filter(Boolean);
        const from = add(resolve(specifier, module));
        return wanted.length === 0 ? "" : `const { ${wanted.join(", ").replaceAll(" as ", ": ")} } = ${from};`;
      })
      .replaceAll(exporting, (_, kind: string, name: string) => {
        exported.push(name);
        return `${kind} ${name}`;
      });
    const odd = /^(import|export)\b.*$/m.exec(body);
    if (odd !== null) throw new Error(`${module}: cannot link ${odd[0]}`);
    const name = `module${parts.length}`;
    names.set(module, name);
    parts.push(`// ${module}\nconst ${name} = (() => {\n${body.trim()}\nreturn { ${exported.join(", ")} };\n})();`);
    return name;
  };
  add(entry);
  return `"use strict";\n${parts.join("\n")}\n`;
};
