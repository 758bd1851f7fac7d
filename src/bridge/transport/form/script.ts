/**
 * What runs in the page. It is written as one function that needs nothing from outside, because its text is what is
 * served. Whatever another agent wrote becomes text nodes and values, never markup.
 */
const page = (): void => {
  type Schema = boolean | { readonly [keyword: string]: unknown };
  interface Problem {
    readonly pointer: string;
    readonly message: string;
  }
  interface Shown {
    readonly key: string;
    readonly from: string;
    readonly to: string;
    readonly message: string;
    readonly schema: Schema;
    readonly until: number;
  }
  /** One value's inputs; `read` gives undefined where nothing was entered. */
  interface Editor {
    readonly node: HTMLElement;
    readonly read: () => unknown;
  }

  /** Where in the answer a value stands. */
  interface Spot {
    readonly root: Schema;
    readonly name: string;
    readonly pointer: string;
    readonly depth: number;
    readonly isRequired: boolean;
  }
  type Keywords = Exclude<Schema, boolean>;

  const DEPTH_MAX = 8;
  const KEY = "lighthouse-form";
  const main = document.querySelector("main") as HTMLElement;
  const make = (tag: string, text = "", members: Readonly<Record<string, string>> = {}): HTMLElement => {
    const node = document.createElement(tag);
    node.textContent = text;
    for (const [name, value] of Object.entries(members)) node.setAttribute(name, value);
    return node;
  };
  const post = async (path: string, body: object): Promise<{ ok: boolean; body: Record<string, unknown> }> => {
    const reply = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { ok: reply.ok, body: (await reply.json()) as Record<string, unknown> };
  };

  const textOf = (schema: Schema, keyword: string): string => {
    const value = typeof schema === "object" ? schema[keyword] : undefined;
    return typeof value === "string" ? value : "";
  };
  const isScalar = (value: unknown): boolean => value === null || typeof value !== "object";
  const resolve = (root: Schema, schema: Schema): Schema => {
    const ref = textOf(schema, "$ref");
    if (!ref.startsWith("#/")) return schema;
    let at: unknown = root;
    for (const part of ref.slice(2).split("/"))
      at = (at as Record<string, unknown> | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    return typeof at === "object" && at !== null ? (at as Schema) : schema;
  };

  const labelled = (title: string, about: string, input: HTMLElement, pointer: string): HTMLElement => {
    const label = make("label", title);
    label.append(input);
    if (about !== "") label.append(make("small", about));
    input.dataset["pointer"] = pointer;
    return label;
  };
  const choice = (title: string, schema: Schema, pointer: string, values: readonly (readonly [string, unknown])[]) => {
    const select = make("select") as HTMLSelectElement;
    select.append(make("option", "", { value: "" }));
    values.forEach(([text], n) => void select.append(make("option", text, { value: String(n) })));
    const chosen = values.findIndex(([, value]) => typeof schema === "object" && value === schema["default"]);
    if (chosen >= 0) select.value = String(chosen);
    const read = (): unknown => (select.value === "" ? undefined : values[Number(select.value)]?.[1]);
    return { node: labelled(title, textOf(schema, "description"), select, pointer), read };
  };
  const line = (title: string, schema: Schema, pointer: string, type: string): Editor => {
    const input = make("input", "", { type: type === "string" ? "text" : "number", step: "any" }) as HTMLInputElement;
    if (typeof schema === "object" && schema["default"] !== undefined) input.value = String(schema["default"]);
    const read = (): unknown => {
      if (input.value === "") return undefined;
      return type === "string" ? input.value : Number(input.value);
    };
    return { node: labelled(title, textOf(schema, "description"), input, pointer), read };
  };
  /** What no input can show is written as JSON; what is no JSON is its own problem. */
  const raw = (title: string, schema: Schema, pointer: string): Editor => {
    const area = make("textarea", "", { rows: "4", spellcheck: "false" }) as HTMLTextAreaElement;
    const about = `${textOf(schema, "description")} As JSON, to fit ${JSON.stringify(schema)}`.trim();
    const read = (): unknown => {
      if (area.value.trim() === "") return undefined;
      try {
        return JSON.parse(area.value);
      } catch {
        throw { pointer, message: "is no JSON" } satisfies Problem;
      }
    };
    return { node: labelled(title, about, area, pointer), read };
  };
  const group = (title: string, schema: Schema): HTMLElement => {
    const set = make("fieldset");
    set.append(make("legend", title));
    const about = textOf(schema, "description");
    if (about !== "") set.append(make("small", about));
    return set;
  };

  const editor = (given: Schema, spot: Spot): Editor => {
    const { root, name, pointer, depth } = spot;
    const schema = resolve(root, given);
    const title = `${textOf(schema, "title") || name}${spot.isRequired ? " *" : ""}`;
    if (typeof schema === "boolean" || depth > DEPTH_MAX) return raw(title, schema, pointer);
    if ("const" in schema && isScalar(schema["const"]))
      return choice(title, schema, pointer, [[String(schema["const"]), schema["const"]]]);
    const values = schema["enum"];
    if (Array.isArray(values) && values.every(isScalar))
      return choice(
        title,
        schema,
        pointer,
        values.map((value) => [String(value), value] as const),
      );
    const others = (schema["oneOf"] ?? schema["anyOf"]) as readonly Schema[] | undefined;
    if (Array.isArray(others)) return alternatives(schema, others, title, spot);
    switch (schema["type"]) {
      case "string":
      case "number":
      case "integer":
        return line(title, schema, pointer, String(schema["type"]));
      case "boolean":
        return choice(title, schema, pointer, [
          ["yes", true],
          ["no", false],
        ]);
      case "object":
        return members(schema, title, spot);
      case "array":
        return list(schema, title, spot);
      default:
        return raw(title, schema, pointer);
    }
  };

  const members = (schema: Keywords, title: string, spot: Spot): Editor => {
    const { pointer, depth } = spot;
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
    const required = (schema["required"] ?? []) as readonly string[];
    const names = [...new Set([...Object.keys(properties), ...required])];
    if (names.length === 0) return raw(title, schema, pointer);
    const set = group(title, schema);
    const parts = names.map((name) => {
      const at = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const isRequired = required.includes(name);
      const part = editor(properties[name] ?? true, { ...spot, name, pointer: at, depth: depth + 1, isRequired });
      set.append(part.node);
      return [name, part] as const;
    });
    const read = (): unknown => {
      const said = parts.map(([name, part]) => [name, part.read()] as const).filter(([, value]) => value !== undefined);
      // A group that is not needed and was left empty is not there.
      return said.length === 0 && !spot.isRequired ? undefined : Object.fromEntries(said);
    };
    return { node: set, read };
  };

  const list = (schema: Keywords, title: string, spot: Spot): Editor => {
    const { pointer, depth } = spot;
    const items = (schema["items"] ?? true) as Schema;
    const set = group(title, schema);
    const add = make("button", "Add", { type: "button" }) as HTMLButtonElement;
    const rows: { readonly part: Editor; readonly row: HTMLElement }[] = [];
    const append = (): void => {
      const at = { name: `${rows.length + 1}`, pointer: `${pointer}/${rows.length}`, depth: depth + 1 };
      const part = editor(items, { ...spot, ...at, isRequired: true });
      const row = make("div", "", { class: "row" });
      const remove = make("button", "Remove", { type: "button" });
      const entry = { part, row };
      remove.addEventListener("click", () => {
        rows.splice(rows.indexOf(entry), 1);
        row.remove();
      });
      row.append(part.node, remove);
      rows.push(entry);
      set.insertBefore(row, add);
    };
    add.addEventListener("click", append);
    set.append(add);
    for (let n = 0; n < Math.min(Number(schema["minItems"] ?? 0), 10); n++) append();
    const read = (): unknown => {
      const said = rows.map(({ part }) => part.read()).filter((value) => value !== undefined);
      return said.length === 0 && !spot.isRequired ? undefined : said;
    };
    return { node: set, read };
  };

  const alternatives = (schema: Schema, others: readonly Schema[], title: string, spot: Spot): Editor => {
    const set = group(title, schema);
    const select = make("select", "", { "aria-label": `kind of ${title}` }) as HTMLSelectElement;
    const place = make("div");
    let chosen: Editor;
    others.forEach((other, n) => {
      const named = resolve(spot.root, other);
      select.append(
        make("option", textOf(named, "title") || textOf(named, "type") || `${n + 1}`, { value: String(n) }),
      );
    });
    const show = (): void => {
      chosen = editor(others[Number(select.value)] ?? true, { ...spot, depth: spot.depth + 1 });
      place.replaceChildren(chosen.node);
    };
    select.addEventListener("change", show);
    show();
    set.append(select, place);
    return { node: set, read: () => chosen.read() };
  };

  const over = (title: string, text: string): void => {
    sessionStorage.removeItem(KEY);
    main.replaceChildren(make("h1", title), make("p", text));
  };

  const render = (shown: Shown): void => {
    const form = make("form") as HTMLFormElement;
    const problems = make("ul", "", { role: "alert", tabindex: "-1" });
    const root = editor(shown.schema, {
      ...{ root: shown.schema, name: "Your answer", pointer: "", depth: 0, isRequired: true },
    });
    const reason = make("input", "", { type: "text", maxlength: "2048", name: "reason" }) as HTMLInputElement;
    const decline = make("button", "Decline", { type: "button", name: "decline" });
    const close = make("button", "Close without answering", { type: "button", name: "cancel" });
    const tell = (all: readonly Problem[]): void => {
      problems.replaceChildren(
        ...all.map(({ pointer, message }) => make("li", `${pointer || "the answer"} ${message}`)),
      );
      for (const input of form.querySelectorAll<HTMLElement>("[data-pointer]"))
        input.setAttribute("aria-invalid", String(all.some(({ pointer }) => pointer === input.dataset["pointer"])));
      problems.focus();
    };
    const say = async (said: object, done: string): Promise<void> => {
      const { ok, body } = await post("/v1/forms/say", { key: shown.key, said });
      if (ok) return over(done, "You can close this page.");
      const all = (body["problems"] ?? []) as readonly Problem[];
      if (all.length > 0) tell(all);
      else over("This form is over.", String(body["detail"] ?? ""));
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      try {
        void say({ action: "accept", content: root.read() ?? null }, "Your answer was taken.");
      } catch (problem) {
        tell([problem as Problem]);
      }
    });
    decline.addEventListener(
      "click",
      () => void say({ action: "decline", reason: reason.value || "the person declined" }, "You declined."),
    );
    close.addEventListener("click", () => void say({ action: "cancel" }, "Nothing was answered."));
    form.append(root.node, problems, make("button", "Answer", { type: "submit" }));
    const no = make("p");
    no.append(labelled("Reason", "", reason, ""), decline, close);
    main.replaceChildren(
      make("h1", `Agent ${shown.from} asks`),
      make("p", `The question below was written by ${shown.from}. It speaks for itself only. Give it no passwords.`),
      make("pre", shown.message),
      make(
        "p",
        `${shown.to} will sign what you say and send it. This form is open until ${new Date(shown.until).toLocaleString()}.`,
      ),
      form,
      no,
    );
  };

  const start = async (): Promise<void> => {
    const token = location.hash.slice(1);
    // Nobody who looks at the address bar or the history later finds it.
    history.replaceState(null, "", location.pathname);
    const kept = sessionStorage.getItem(KEY);
    if (token === "" && kept !== null) return render(JSON.parse(kept) as Shown);
    const { ok, body } = await post("/v1/forms/show", { token });
    if (!ok) return over("This form is over.", String(body["detail"] ?? ""));
    sessionStorage.setItem(KEY, JSON.stringify(body));
    render(body as unknown as Shown);
  };
  void start();
};

export const script = `(${page.toString()})();\n`;
