import type { Sabotage } from "./sabotage.ts";

/** A build in which one control does nothing, and the attacks that then succeed: these and no others. */
export interface Disabled {
  /** What is switched off, in words. */
  readonly control: string;
  readonly sabotage: readonly Sabotage[];
  /** Ids of the attacks that turn red. */
  readonly reddens: readonly string[];
  /** The bridge is never heard of again: nothing else can be tried on it. */
  readonly hangs?: true;
}

const one = (control: string, sabotage: Sabotage, ...reddens: readonly string[]): Disabled => ({
  control,
  sabotage: [sabotage],
  reddens,
});

const JWS = "src/signing/jws.ts";
const ELICITATION = "src/domain/elicitation.ts";
const ENROL = "src/bridge/command/enrol.ts";
const AGENT_KEYS = "src/domain/agent-keys.ts";
const LOGIN = "src/bridge/command/login.ts";
const CHALLENGE = "src/bridge/command/challenge.ts";
const LOGINS = "src/bridge/projection/logins.ts";
const IDENTIFY = "src/bridge/transport/identify.ts";
const KEYRING = "src/bridge/command/keyring.ts";
const VERIFY_QUESTION = "src/bridge/command/verify-question.ts";
const ORIGIN = "src/bridge/transport/origin.ts";

const keyLookup = "const key = keyOf(header.kid);";

const signing: readonly Disabled[] = [
  one(
    "the comparison of a MAC",
    { file: JWS, find: "if (!sameText(hmac(key, input), entry.signature))", replace: "if (false)" },
    "signature.forged",
    "signature.truncated",
    "signature.respelled",
    "signature.altered-content",
    "signature.altered-action",
  ),
  one(
    "the comparison of all of a MAC",
    {
      file: JWS,
      find: "return a.byteLength === b.byteLength && timingSafeEqual(a, b);",
      replace:
        "const n = Math.min(a.byteLength, b.byteLength); return timingSafeEqual(a.subarray(0, n), b.subarray(0, n));",
    },
    "signature.truncated",
  ),
  one(
    "the one spelling of a MAC",
    {
      file: JWS,
      find: 'const [a, b] = [Buffer.from(expected, "utf8"), Buffer.from(given, "utf8")];',
      replace: 'const [a, b] = [Buffer.from(expected, "base64url"), Buffer.from(given, "base64url")];',
    },
    "signature.respelled",
  ),
  one(
    "whose key a key is",
    {
      file: KEYRING,
      find: "if (history === undefined || history.agent !== agent) return undefined;",
      replace: "if (history === undefined) return undefined;",
    },
    "signature.other-key",
    "authority.others-question",
  ),
  {
    control: "the algorithm from the key registry (the header's is believed)",
    sabotage: [
      { file: JWS, find: "key.kid !== header.kid || key.alg !== header.alg", replace: "key.kid !== header.kid" },
      {
        file: JWS,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
        find: "const input = `${entry.protected}.${payload}`;\n    switch (key.alg) {",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
        replace: "const input = `${entry.protected}.${payload}`;\n    switch (header.alg) {",
      },
      {
        file: "src/signing/mac.ts",
        find: "let object = preparedKeys.get(key);",
        replace:
          'let object = preparedKeys.get(key); if (key.publicKey) object = createSecretKey(Buffer.from(key.publicKey.export({ format: "jwk" }).x, "base64url"));',
      },
    ],
    reddens: ["signature.algorithm-confusion", "signature.none"],
  },
  {
    control: "the refusal of `none`",
    sabotage: [
      {
        file: JWS,
        find: "key.kid !== header.kid || key.alg !== header.alg",
        replace: 'header.alg !== "none" && key.alg !== header.alg',
      },
      {
        file: JWS,
        find: "if (!sameText(hmac(key, input), entry.signature))",
        replace: 'if (header.alg !== "none" && !sameText(hmac(key, input), entry.signature))',
      },
      // An answer is wanted under HS256, by the header's word.
      {
        file: JWS,
        find: keyLookup,
        replace: `${keyLookup} if (header.alg === "none") headers.at(-1).header = { ...header, alg: "HS256" };`,
      },
    ],
    reddens: ["signature.none"],
  },
  {
    control: "the closed list of header members (a `jwk` in it is used)",
    sabotage: [
      {
        file: "src/signing/header.ts",
        find: "if (Object.keys(others).length > 0 || base64url(text) !== encoded) return undefined;",
        replace: "",
      },
      {
        file: "src/signing/header.ts",
        find: "return { alg, kid, typ };",
        replace: "return { alg, kid, typ, ...others };",
      },
      {
        file: JWS,
        find: keyLookup,
        replace:
          'const key = header.jwk ? { alg: "HS256", kid: header.kid, secret: Buffer.from(header.jwk.k, "base64url") } : keyOf(header.kid);',
      },
    ],
    reddens: ["signature.key-injection"],
  },
  one(
    "the look-up of a kid among known keys (others lead to a key of zeros)",
    {
      file: JWS,
      find: keyLookup,
      replace:
        'const key = keyOf(header.kid) ?? (header.kid.includes("/") ? { alg: "HS256", kid: header.kid, secret: new Uint8Array(32) } : undefined);',
    },
    "signature.kid-injection",
  ),
  {
    control: "the need of a signature",
    sabotage: [
      { file: "src/bridge/transport/views.ts", find: "{ minItems: 1, maxItems: 4 }", replace: "{ maxItems: 4 }" },
      {
        file: "src/signing/envelope.ts",
        find: 'if (signatures.length === 0) return refuse("malformed", "no signature");',
        replace: "",
      },
      { file: JWS, find: "if (unknown.length === headers.length || ", replace: "if (" },
      { file: "src/bridge/command/elicit.ts", find: "if (mac === undefined) {", replace: "if (false) {" },
      { file: "src/bridge/command/elicit.ts", find: "use: { kid: mac.kid, seq", replace: "use: { kid: mac?.kid, seq" },
    ],
    reddens: ["signature.unsigned"],
  },
  one(
    "the need of an own signature",
    {
      file: ELICITATION,
      find: "if (state.question.requireEd25519 === true && !command.isOwnSigned) {",
      replace: "if (false) {",
    },
    "signature.own-stripped",
  ),
  one(
    "the type of a signature",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
    { file: JWS, find: 'if (header.typ !== typ) return refuse("wrong_type", `typ is not ${typ}`);', replace: "" },
    "signature.wrong-type",
  ),
];

const bound: readonly Disabled[] = [
  one(
    "what binds an answer to its question",
    { file: ELICITATION, find: "if (core[name] !== value) wrong.push", replace: "if (false) wrong.push" },
    "binding.id",
    "binding.recipient",
    "binding.schema",
    "binding.request",
    "binding.challenge",
    "replay.other-question",
    "replay.after-restart",
  ),
  one(
    "the challenge in an answer",
    { file: ELICITATION, find: '["challenge", question.challenge],', replace: "" },
    "binding.challenge",
  ),
  one(
    "the audience in an answer",
    { file: "src/domain/answer.ts", find: "need(raw.aud === audience,", replace: "need(true," },
    "binding.audience",
  ),
  one(
    "the canonical form",
    { file: "src/signing/canonical.ts", find: "return canonical(value) === text", replace: "return true" },
    "binding.duplicate-key",
    "binding.proto",
    "binding.whitespace",
  ),
  one(
    "the one end of an elicitation",
    {
      file: ELICITATION,
      find: 'if (state.status === "ended") return isRepeat(',
      replace: "if (false) return isRepeat(",
    },
    "replay.second-answer",
    "replay.after-restart",
  ),
  {
    control: "the deadline",
    sabotage: [
      {
        file: ELICITATION,
        find: 'if (state.status === "none") return refused(ended(state));\n  if (now >= state.question.deadline)',
        replace: 'if (state.status === "none") return refused(ended(state));\n  if (false)',
      },
      {
        file: ELICITATION,
        find: 'return state.status === "open" && command.now >= state.question.deadline ?',
        replace: "return false ?",
      },
    ],
    reddens: ["replay.expired"],
  },
  one(
    "the sequence numbers of a key",
    { file: ELICITATION, find: "if (command.sequences.isUsed(command.use))", replace: "if (false)" },
    "replay.sequence",
  ),
];

const asked: readonly Disabled[] = [
  one(
    "what a signed question says",
    { file: VERIFY_QUESTION, find: "if (problems.length > 0) return differs(", replace: "if (false) return differs(" },
    "question.altered",
    "inquiry.altered",
  ),
  {
    control: "whose signature a question has",
    sabotage: [
      {
        file: KEYRING,
        find: "if (history === undefined || history.agent !== agent) return undefined;",
        replace: "if (history === undefined) return undefined;",
      },
      {
        file: VERIFY_QUESTION,
        find: "if (problems.length > 0) return differs(",
        replace: "if (false) return differs(",
      },
    ],
    reddens: ["question.others", "question.altered", "inquiry.others", "inquiry.altered"],
  },
  one(
    "the age of a signed question",
    { file: VERIFY_QUESTION, find: "if (ageMs > limits.idempotencyWindowMs || ", replace: "if (false && " },
    "question.stale",
  ),
];

const allowed: readonly Disabled[] = [
  one(
    "whose a cause is",
    {
      file: "src/bridge/command/elicit.ts",
      find: 'if (state.status === "none" || (state.question.from !== asker && state.question.to !== asker)) {',
      replace: 'if (state.status === "none") {',
    },
    "authority.others-cause",
  ),
  one(
    "the guard against circles",
    {
      file: "src/domain/story.ts",
      find: "if (chain.some((link) => link.from === from && link.to === to)) {",
      replace: "if (false) {",
    },
    "authority.circle",
  ),
  {
    control: "who may answer",
    sabotage: [
      { file: ELICITATION, find: "if (by === state.question.to) return undefined;", replace: "return undefined;" },
      { file: ELICITATION, find: '["from", question.to],', replace: "" },
    ],
    reddens: ["authority.others-question", "authority.own-question"],
  },
  one(
    "who may take back",
    { file: ELICITATION, find: "if (by !== state.question.from) {", replace: "if (false) {" },
    "authority.cancel",
  ),
  one(
    "who may read an elicitation",
    {
      file: "src/bridge/transport/operations/elicitations.ts",
      find: "const mine = who.agent === from || who.agent === to || who.mayAudit;",
      replace: "const mine = true;",
    },
    "authority.read-others",
  ),
  one(
    "who may read an event",
    {
      file: "src/bridge/transport/operations/events.ts",
      find: "event.parties.length === 0 || event.parties.includes(who.agent) || who.mayAudit;",
      replace: "true;",
    },
    "authority.read-others",
  ),
  one(
    "the policy",
    { file: "src/bridge/command/gate.ts", find: "if (ruling.allowed) {", replace: "if (true) {" },
    "authority.ask",
    "authority.administer",
  ),
  one(
    "the record of denials",
    {
      file: "src/bridge/command/gate.ts",
      find: "return mayRecord(caller.actor) ? record(caller, action, target, ruling).then(() => denied) : denied;",
      replace: "return denied;",
    },
    "authority.ask",
    "authority.administer",
  ),
  one(
    "identity from the credential alone (a body may say `from`)",
    {
      file: "src/bridge/transport/operation.ts",
      find: "call: observed(op.name, (bridge, who, raw, session) => {",
      replace:
        "call: observed(op.name, (bridge, who, raw, session) => { if (raw?.from) { who = { ...who, agent: raw.from }; delete raw.from; }",
    },
    "authority.assumed-name",
  ),
  one(
    "the refusal of unknown members",
    {
      file: "src/bridge/transport/input-problems.ts",
      find: "validator.Check(value) ? unfit(value) :",
      replace:
        'validator.Check(value) || validator.Errors(value).every((e) => e.keyword === "additionalProperties" || e.keyword === "boolean") ? unfit(value) :',
    },
    "authority.assumed-name",
    "input.proto",
  ),
];

const joining: readonly Disabled[] = [
  {
    control: "the hash of an invitation",
    sabotage: [
      {
        file: ENROL,
        find: "const agent = hash === undefined ? undefined : ports.invited(hash);",
        replace: "const agent = request.name;",
      },
      {
        file: AGENT_KEYS,
        find: "if (invitation?.tokenHash !== tokenHash || now",
        replace: "if (invitation == null || now",
      },
    ],
    reddens: ["enrolment.guessed", "enrolment.other-name"],
  },
  {
    control: "the single use of an invitation",
    sabotage: [
      {
        file: "src/domain/agent-state.ts",
        find: 'return { status: "active", profile, keys: [own, mac], invitation: null, lastSeen: null };',
        replace:
          'return { status: "active", profile, keys: [own, mac], invitation: state.invitation, lastSeen: null };',
      },
    ],
    reddens: ["enrolment.reused"],
  },
  one(
    "the end of an invitation",
    { file: AGENT_KEYS, find: " || now >= invitation.notAfter)", replace: ")" },
    "enrolment.expired",
  ),
  one(
    "the proof that a key is held",
    { file: ENROL, find: "if (!(await verifyPae(", replace: "if (false && !(await verifyPae(" },
    "enrolment.key-not-held",
  ),
  one(
    "the time of a proof",
    { file: CHALLENGE, find: "if (Math.abs(offMs) <= limits.clockSkewMsMax)", replace: "if (true)" },
    "login.clock",
  ),
  one(
    "the single use of a challenge",
    { file: CHALLENGE, find: " || spent.has(challenge)) {", replace: ") {" },
    "login.replay",
  ),
  one(
    "whose challenge a challenge is",
    {
      file: CHALLENGE,
      find: "if (expiresAt === undefined || time >= expiresAt || spent",
      replace: "if (spent",
    },
    "login.invented-challenge",
  ),
  one(
    "whose login a login is",
    { file: LOGIN, find: "if (read.core.agent !== agent)", replace: "if (false)" },
    "login.other-key",
  ),
  one(
    "the end of a login by signing out",
    { file: LOGINS, find: 'if (event.type === "login.closed")', replace: "if (false)" },
    "login.after-logout",
  ),
  one(
    "the end of a login with its key",
    {
      file: LOGINS,
      find: "return event.data.kid === kid;",
      replace: "return false;",
    },
    "standing.revoked-own-key",
  ),
];

const credentials: readonly Disabled[] = [
  one(
    "the look-up of a credential (an unknown one is the operator's)",
    {
      file: IDENTIFY,
      find: "const owner = bridge.authenticate(token);",
      replace: 'const owner = bridge.authenticate(token) ?? { agent: "operator" };',
    },
    "standing.guessed",
    "standing.revoked",
    "standing.revoked-own-key",
    "login.after-logout",
  ),
  one(
    "the record of strangers",
    {
      file: "src/bridge/transport/stranger.ts",
      find: "if (recorded >= RECORDED_PER_MINUTE_MAX)",
      replace: "if (true)",
    },
    "standing.guessed",
  ),
  {
    control: "suspension",
    sabotage: [
      { file: IDENTIFY, find: 'if (known.status !== "active") return undefined;', replace: "" },
      {
        file: "src/bridge/command/gate.ts",
        find: 'if (known.status !== "active") return undefined;',
        replace: 'if (known.status !== "active" && known.status !== "suspended") return undefined;',
      },
    ],
    reddens: ["standing.suspended"],
  },
  {
    control: "the revocation of an agent",
    sabotage: [
      {
        file: "src/bridge/projection/agents.ts",
        find: 'state.status === "active" || state.status === "suspended" ? state.profile.tokenHash : undefined;',
        replace: 'state.status === "none" || state.status === "invited" ? undefined : state.profile.tokenHash;',
      },
      { file: IDENTIFY, find: 'if (known.status !== "active") return undefined;', replace: "" },
      {
        file: "src/bridge/command/gate.ts",
        find: 'if (known.status !== "active") return undefined;',
        replace: 'if (known.status === "none" || known.status === "invited") return undefined;',
      },
    ],
    reddens: ["standing.revoked", "standing.suspended"],
  },
  one(
    "the revocation of a key",
    {
      file: "src/domain/key.ts",
      find: "if (key.revoked !== null && at.position >= key.revoked.position)",
      replace: "if (false)",
    },
    "standing.revoked-key",
    "standing.revoked-own-key",
  ),
  one(
    "the record of violations",
    { file: "src/bridge/command/violation.ts", find: "if (violation === undefined) return;", replace: "return;" },
    ...[
      "signature.forged",
      "signature.truncated",
      "signature.respelled",
      "signature.other-key",
      "signature.algorithm-confusion",
      "signature.none",
      "signature.key-injection",
      "signature.kid-injection",
      "signature.wrong-type",
      "signature.altered-content",
      "signature.altered-action",
      "binding.id",
      "binding.recipient",
      "binding.schema",
      "binding.request",
      "binding.challenge",
      "binding.audience",
      "binding.duplicate-key",
      "binding.proto",
      "binding.whitespace",
      "authority.others-question",
      "authority.own-question",
      "authority.cancel",
      "standing.guessed",
      "standing.revoked-key",
      "question.others",
      "inquiry.others",
      "replay.other-question",
      "replay.after-restart",
      "replay.sequence",
    ],
  ),
];

const inputs: readonly Disabled[] = [
  {
    control: "the limits on a body and a question",
    sabotage: [
      {
        file: "src/bridge/transport/http/server.ts",
        find: "bodyLimit: limits.messageBytesMax,",
        replace: "bodyLimit: 100_000_000,",
      },
      {
        file: "src/bridge/transport/operations/elicitations.ts",
        find: "maxLength: limits.questionCharsMax,",
        replace: "maxLength: 100_000_000,",
      },
    ],
    reddens: ["input.large"],
  },
  {
    control: "the limits on nesting",
    sabotage: [
      {
        file: "src/schema/accept.ts",
        find: "const unfit = unfitness(schema, MAX_SCHEMA_DEPTH);",
        replace: "const unfit = undefined;",
      },
      {
        file: "src/bridge/transport/input-problems.ts",
        find: "export const INPUT_LEVELS_MAX = 128;",
        replace: "export const INPUT_LEVELS_MAX = Number.POSITIVE_INFINITY;",
      },
    ],
    reddens: ["input.deep"],
  },
  {
    control: "the steps of a check",
    sabotage: [{ file: "src/schema/run.ts", find: "if (run.stepsLeft < 0) throw OUT_OF_STEPS;", replace: "" }],
    reddens: ["input.schema-bomb"],
    hangs: true,
  },
  {
    control: "matching in linear time (V8's own engine matches)",
    sabotage: [
      {
        file: "src/schema/pattern.ts",
        find: "test: (text) => test(translated.text, text)",
        replace: 'test: (text) => new RegExp(source, "u").test(text)',
      },
    ],
    reddens: ["input.regex-bomb"],
    hangs: true,
  },
  one(
    "the form of a name",
    {
      file: "src/bridge/command/custom.ts",
      find: 'export const customNamePattern = "^[a-z][a-z0-9_-]*(\\\\.[a-z0-9_-]+)+$";',
      replace: 'export const customNamePattern = "";',
    },
    "input.names",
  ),
  one(
    "the look at an Origin",
    { file: ORIGIN, find: "if (headers.origin === undefined || ", replace: "if (true || " },
    "page.origin",
  ),
  one(
    "the look at a Host",
    { file: ORIGIN, find: "if (hosts !== undefined && !hosts.has(hostName(headers.host))) {", replace: "if (false) {" },
    "page.rebinding",
  ),
  one(
    "the look at where a webhook leads",
    {
      file: "src/bridge/delivery/address.ts",
      find: "const url = URL.parse(text);",
      replace: "return undefined; const url = URL.parse(text);",
    },
    "webhook.inward",
  ),
  one(
    "the fence around others' words",
    {
      file: "src/bridge/transport/mcp/fence.ts",
      find: 'const mark = createHash("sha256")',
      replace: 'return text; const mark = createHash("sha256")',
    },
    "words.prompt",
  ),
  one(
    "the escaping of control characters",
    { file: "src/cli/printable.ts", find: "text.replace(UNSAFE, (unit)", replace: "text.replace(/$^/g, (unit)" },
    "words.terminal",
  ),
  one(
    "the rate of an agent",
    { file: "src/bridge/command/allowance.ts", find: "if (!own.ok)", replace: "if (false)" },
    "flood.asks",
  ),
  one(
    "the token of a form",
    {
      file: "src/bridge/command/forms.ts",
      find: "if (form.hash === hash && form.stage === stage) return form;",
      replace: "if (form.stage === stage) return form;",
    },
    "form.guessed",
    "form.reused",
  ),
  one(
    "the single use of a form's URL",
    {
      file: "src/bridge/command/forms.ts",
      find: 'form.hash = tokenHash(key);\n      form.stage = "shown";',
      replace: "",
    },
    "form.reused",
  ),
  one(
    "the line that an agent's reads stand in",
    { file: "src/bridge/transport/turns.ts", find: "if (line.running >= atOnceMax) {", replace: "if (false) {" },
    "flood.reads",
  ),
  one(
    "the form of an evidence's name",
    { file: "src/cli/review/evidence-folder.ts", find: "if (!isFileName.test(name))", replace: "if (false)" },
    "store.evidence-path",
  ),
  one(
    "the leaf hashes of the log",
    { file: "src/bridge/log/verify.ts", find: "const leaf = leafHash(row.record);", replace: "const leaf = row.leaf;" },
    "store.edited-log",
  ),
];

/** Builds with one control off each. Between them they turn every attack red. */
export const disabled: readonly Disabled[] = [
  ...signing,
  ...bound,
  ...asked,
  ...allowed,
  ...joining,
  ...credentials,
  ...inputs,
];
