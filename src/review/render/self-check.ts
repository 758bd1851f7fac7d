/**
 * What the page can do by itself, in the browser and without a network: given a trust file and the raw evidence (files
 * that the reader drops on it), check the signatures with WebCrypto and every file by its digest. It makes no number
 * again and says so: that is `lighthouse certificate verify`'s. Plain script, because it is served as it stands.
 */
export const selfCheck = `
const lines = document.getElementById("bundle").textContent.trim().split("\\n").map((line) => JSON.parse(line));
const utf8 = new TextEncoder();
const bytesOf = (base64) => Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const b64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const say = (text, state) => {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = state;
  document.getElementById("said").append(item);
};
const roleOf = { "urn:lighthouse:readiness-review:1": "issuer", "urn:lighthouse:probe-run:1": "prober", "https://in-toto.io/attestation/svr/v0.2": "issuer" };
const digests = (value, found = new Map()) => {
  if (value && typeof value === "object") {
    if (value.digest && value.digest.sha256 && value.annotations) found.set(value.digest.sha256, value.name);
    for (const item of Object.values(value)) digests(item, found);
  }
  return found;
};
document.getElementById("files").addEventListener("change", async ({ target }) => {
  document.getElementById("said").replaceChildren();
  const files = new Map();
  let trust;
  for (const file of target.files) {
    const bytes = await file.arrayBuffer();
    files.set(hex(await sha256(bytes)), bytes);
    try {
      const value = JSON.parse(new TextDecoder().decode(bytes));
      if (value && value.version === 1 && Array.isArray(value.keys) && Array.isArray(value.logs)) trust = value;
    } catch {}
  }
  if (trust === undefined) return say("There is no trust file among them: nobody's signature can be believed.", "fail");
  const keys = new Map();
  for (const { jwk, role, name } of trust.keys) {
    const kid = b64url(await sha256(utf8.encode(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))));
    keys.set(kid, { role, name, key: await crypto.subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, "Ed25519", false, ["verify"]) });
  }
  const named = new Map();
  for (const { payload, payloadType, signatures } of lines) {
    const body = bytesOf(payload);
    const statement = JSON.parse(new TextDecoder().decode(body));
    const head = utf8.encode("DSSEv1 " + utf8.encode(payloadType).length + " " + payloadType + " " + body.length + " ");
    const message = new Uint8Array([...head, ...body]);
    let signer;
    for (const { keyid, sig } of signatures) {
      const known = keys.get(keyid);
      if (known && known.role === roleOf[statement.predicateType] && (await crypto.subtle.verify("Ed25519", known.key, bytesOf(sig), message))) signer = known.name;
    }
    say(statement.predicateType + (signer ? ": signed by " + signer : ": no signature by a trusted " + roleOf[statement.predicateType]), signer ? "pass" : "fail");
    if (statement.predicateType === "urn:lighthouse:probe-run:1") for (const [digest, name] of digests(statement.predicate)) named.set(digest, name);
    if (statement.predicateType === "urn:lighthouse:readiness-review:1") {
      const { verdict, validUntil } = statement.predicate;
      say("It says " + verdict + (Date.now() < Date.parse(validUntil) ? ", and has not expired" : ", and has expired"), Date.now() < Date.parse(validUntil) ? "pass" : "fail");
    }
  }
  let here = 0;
  for (const [digest, name] of named) {
    if (files.has(digest)) here++;
    else say(name + " (" + digest + ") is not among the files, or was changed", "fail");
  }
  say(here + " of " + named.size + " files of raw evidence are here, unchanged", here === named.size ? "pass" : "fail");
  say("Numbers, proofs and the verdict were not computed again here: lighthouse certificate verify does that.", "not-run");
});
`;
