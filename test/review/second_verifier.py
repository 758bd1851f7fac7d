"""A second verifier of readiness certificates, written from docs/certificate.md and docs/review/*.schema.json alone.

It shares no line with the first one and uses nothing but Python's standard library, Ed25519 included. It is here to find
out whether the page is precise enough, and whether both come to the same; for use there is `lighthouse certificate verify`.

    python3 second_verifier.py FOLDER…

Each folder holds certificate.intoto.jsonl, trust.json, now (milliseconds since 1970) and evidence/. Prints one JSON object a
line: the verdict that the certificate is found to have, or what is wrong, by the codes of the page.
"""

import base64, hashlib, json, math, pathlib, re, sys
from datetime import datetime, timezone

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "review"
REVIEW, RUN, SVR = "urn:lighthouse:readiness-review:1", "urn:lighthouse:probe-run:1", "https://in-toto.io/attestation/svr/v0.2"
SKEW = 300_000
ENDLESS = float("inf")


class Wrong(Exception):
    """What was found, and where."""

    def __init__(self, code, at=""):
        super().__init__(code, at)
        self.code, self.at = code, at


class NotMade(Exception):
    """A number that cannot be made, and the reason's kind."""


# --- bytes ---------------------------------------------------------------------------------------------------------

sha256 = lambda data: hashlib.sha256(data).digest()
hexof = lambda data: hashlib.sha256(data).hexdigest()
b64url = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def exact_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Wrong("unreadable")
    if base64.b64encode(data).decode() != text:
        raise Wrong("unreadable")
    return data


def number(value):
    """As ECMAScript writes it."""
    if isinstance(value, int):
        return str(value)
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    whole, _, part = digits.partition(".")
    part = "" if part == "0" else part
    n = len(whole) + int(exponent or 0)
    all_digits = (whole + part).lstrip("0")
    n -= len(whole + part) - len((whole + part).lstrip("0"))
    all_digits = all_digits.rstrip("0")
    k = len(all_digits)
    if k <= n <= 21:
        return sign + all_digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + all_digits[:n] + "." + all_digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + all_digits
    tail = ("." + all_digits[1:]) if k > 1 else ""
    return f"{sign}{all_digits[0]}{tail}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def jcs(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    order = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{jcs(value[name])}" for name in order) + "}"


digest = lambda value: hexof(jcs(value).encode())


def ms(moment):
    return round(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() * 1000)


def moment(at):
    return datetime.fromtimestamp(at / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at) % 1000:03d}Z"


# --- Ed25519, RFC 8032 ---------------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * I % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    made = (0, 1, 1, 0)
    while n:
        if n & 1:
            made = add(made, p)
        p, n = add(p, p), n >> 1
    return made


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def holds(key, message, signature):
    try:
        if len(key) != 32 or len(signature) != 64:
            return False
        a, r = point(key), point(signature[:32])
        s = int.from_bytes(signature[32:], "little")
        if s >= L:
            return False
        h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
        left, right = times(s, BASE), add(r, times(h, a))
        return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    except ValueError:
        return False


# --- JSON Schema, as much as the published ones use ----------------------------------------------------------------

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and v == int(v),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "null": lambda v: v is None,
}


def fits(schema, value, defs):
    if "$ref" in schema:
        return fits(defs[schema["$ref"].rsplit("/", 1)[1]], value, defs)
    if "anyOf" in schema and not any(fits(one, value, defs) for one in schema["anyOf"]):
        return False
    if "type" in schema and not TYPES[schema["type"]](value):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if any(name not in value for name in schema.get("required", [])):
            return False
        if schema.get("additionalProperties") is False and any(name not in known for name in value):
            return False
        return all(fits(known[name], item, defs) for name, item in value.items() if name in known)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", ENDLESS):
            return False
        return "items" not in schema or all(fits(schema["items"], item, defs) for item in value)
    if isinstance(value, str):
        units = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if not schema.get("minLength", 0) <= units <= schema.get("maxLength", ENDLESS):
            return False
        return "pattern" not in schema or re.search(schema["pattern"].replace("$", r"\Z"), value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return schema.get("minimum", -ENDLESS) <= value <= schema.get("maximum", ENDLESS)
    return True


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf8"))


SHAPES = {REVIEW: schema("certificate"), RUN: schema("probe-run"), SVR: schema("svr")}
POLICY, TRUST = schema("review-policy"), schema("trust")

# --- numbers -------------------------------------------------------------------------------------------------------

NOTHING = object()


def at(value, pointer):
    for name in [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and re.fullmatch(r"0|[1-9]\d*", name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return NOTHING
    return value


is_number = lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)


def same(a, b):
    return a is not NOTHING and b is not NOTHING and jcs(a) == jcs(b)


def term(given, row):
    if "at" in given:
        return at(row, given["at"])
    if "is" in given:
        return given["is"]
    if "minus" in given:
        a, b = (term(one, row) for one in given["minus"])
        return a - b if is_number(a) and is_number(b) else NOTHING
    if "ms" in given:
        text = term(given["ms"], row)
        shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"
        if not isinstance(text, str) or not re.fullmatch(shape, text):
            return NOTHING
        return ms(re.sub(r"(\.\d{1,3})\d*", r"\1", text))
    if "number" in given:
        text = term(given["number"], row)
        is_decimal = isinstance(text, str) and re.fullmatch(r"-?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?", text)
        return float(text) if is_decimal else NOTHING
    value = term(given["length"], row)
    if isinstance(value, str):
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    return len(value) if isinstance(value, (list, dict)) else NOTHING


def test(given, row):
    left, operator, right = given
    a, b = term(left, row), term(right, row)
    if operator in ("eq", "ne"):
        return same(a, b) == (operator == "eq")
    if operator == "in":
        return isinstance(b, list) and any(same(a, item) for item in b)
    if operator == "has":
        if isinstance(a, str):
            return isinstance(b, str) and b in a
        return isinstance(a, list) and any(same(b, item) for item in a)
    if not is_number(a) or not is_number(b):
        return False
    return {"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}[operator]


def passes(tests, row):
    return all(test(one, row) for one in tests)


class Files:
    def __init__(self, descriptors, evidence):
        self.descriptors, self.evidence = descriptors, evidence

    def data(self, name):
        found = [one for one in self.descriptors if one["name"] == name]
        if len(found) != 1 or found[0]["digest"]["sha256"] not in self.evidence:
            raise NotMade("error")
        return self.evidence[found[0]["digest"]["sha256"]], found[0]["mediaType"]

    def lines(self, name):
        text = self.data(name)[0].decode("utf8")
        if not text.endswith("\n"):
            raise NotMade("error")
        return text[:-1].split("\n")

    def json(self, name):
        try:
            data, media = self.data(name)
            return [json.loads(line) for line in self.lines(name)] if media.endswith("ndjson") else json.loads(data)
        except ValueError:
            raise NotMade("error")

    def items(self, value):
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            return list(value.values())
        raise NotMade("error")

    def rows(self, given):
        whole = self.json(given["file"])
        if "each" in given:
            rows = self.items(at(whole, given["each"]))
            if "then" in given:
                rows = [item for row in rows for item in self.items(at(row, given["then"]))]
        else:
            columns = [at(whole, pointer) for pointer in given["zip"]]
            if any(not isinstance(one, list) or len(one) != len(columns[0]) for one in columns):
                raise NotMade("error")
            rows = [list(row) for row in zip(*columns)]
        return [row for row in rows if passes(given.get("where", []), row)]


def needed(value):
    if not is_number(value):
        raise NotMade("error")
    return value


def bound_rank(n, q, confidence):
    log, total = n * math.log(q), 0.0
    for j in range(n):
        total += math.exp(log)
        if total > 1 - confidence:
            return None if j == 0 else n - j + 1
        log += math.log((n - j) / (j + 1)) + math.log((1 - q) / q)
    return None


DRAWN = [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1]


def make(how, files):
    kind = how["kind"]
    if kind == "value":
        value = term(how["of"], files.json(how["file"]))
        if not (isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= 1024)):
            raise NotMade("error")
        return {"value": value, "n": 1}
    if kind == "equal":
        left, right = (at(files.json(how[side]["file"]), how[side]["at"]) for side in ("left", "right"))
        if left is NOTHING or right is NOTHING:
            raise NotMade("error")
        return {"value": jcs(left) == jcs(right), "n": 1}
    if kind == "merkle":
        lines = files.lines(how.get("lines", how.get("leaves")))
        leaves = [sha256(b"\0" + line.encode()) if "lines" in how else exact_base64(line) for line in lines]
        root = base64.b64encode(tree(leaves)).decode()
        return {"value": root == at(files.json(how["root"]["file"]), how["root"]["at"]), "n": len(lines)}
    rows = files.rows(how["rows"])
    n = len(rows)
    if kind == "percentile":
        only = how.get("only", [])
        samples = sorted(needed(term(how["of"], row)) if passes(only, row) else ENDLESS for row in rows)
        rank = bound_rank(n, how["q"], how["confidence"])
        if rank is None:
            raise NotMade("insufficient-samples")
        quantile = lambda q: samples[max(0, math.ceil(q * n) - 1)]
        bound, estimate = samples[rank - 1], quantile(how["q"])
        made = {"value": "endless" if bound == ENDLESS else bound, "n": n}
        if estimate != ENDLESS:
            made["estimate"] = estimate
        made["quantiles"] = [{"q": q, "value": quantile(q)} for q in DRAWN if quantile(q) != ENDLESS]
        return made
    if kind == "count":
        return {"value": sum(passes(how.get("that", []), row) for row in rows), "n": n}
    if kind == "all":
        return {"value": n > 0 and all(passes(how["that"], row) for row in rows), "n": n}
    if n == 0:
        raise NotMade("insufficient-samples")
    if kind == "ratio":
        return {"value": sum(passes(how["that"], row) for row in rows) / n, "n": n}
    if kind == "matched":
        among = files.rows(how["among"])
        return {"value": sum(any(passes(how["that"], [row, one]) for one in among) for row in rows) / n, "n": n}
    numbers = [needed(term(how["of"], row)) for row in rows]
    total = numbers[0]
    for one in numbers[1:]:
        total = {"max": max, "min": min, "sum": lambda a, b: a + b}[kind](total, one)
    return {"value": total, "n": n}


def within(tolerance, value):
    if "is" in tolerance:
        return jcs(value) == jcs(tolerance["is"])
    if not is_number(value):
        return False
    low, high = tolerance.get("between", [tolerance.get("min", -ENDLESS), tolerance.get("max", ENDLESS)])
    return low <= value <= high


def measure(measures, descriptors, evidence):
    files, made = Files(descriptors, evidence), []
    for one in measures:
        number = make(one["how"], files)
        if number["n"] < one.get("atLeast", 1):
            raise NotMade("insufficient-samples")
        fine = within(one["tolerance"], number["value"])
        made.append({"name": one["name"], "unit": one["unit"], "within": fine, **number})
    return made


# --- outcomes ------------------------------------------------------------------------------------------------------


def outcome(check, run, result, evidence, now):
    head = {name: check[name] for name in ("id", "title", "section", "severity")}
    not_run = lambda kind: {**head, **place, "state": "not-run", "reason": kind}
    if result is None:
        place = {"probe": {"id": check["probe"]["id"], "version": check["probe"]["versionMin"]}}
        place.update(startedAt=moment(now), endedAt=moment(now))
        return not_run("missing")
    place = {name: result[name] for name in ("probe", "startedAt", "endedAt")}
    if result["state"] == "ran":
        times_ = [ms(file["annotations"]["collectedAt"]) for file in result["evidence"]]
        if any(not ms(run["startedAt"]) - SKEW <= t <= min(ms(run["endedAt"]), now) + SKEW for t in times_):
            return not_run("foreign")
        if any(t + check["ttlMs"] < now for t in times_):
            return not_run("stale")
    probe = result["probe"]
    if probe["id"] != check["probe"]["id"] or probe["version"] < check["probe"]["versionMin"]:
        return not_run("error")
    if result["state"] == "not-run":
        return not_run(result["reason"]["kind"])
    if check.get("selfTest"):
        try:
            tried = measure(check["measures"], result["selfTest"]["evidence"], evidence)
            if all(one["within"] for one in tried):
                return not_run("self-test")
        except (KeyError, NotMade):
            return not_run("self-test")
    try:
        made = measure(check["measures"], result["evidence"], evidence)
    except NotMade as why:
        return not_run(why.args[0])
    state = "pass" if all(one["within"] for one in made) else "fail"
    found = {**head, **place, "state": state, "measurements": made, "evidence": result["evidence"]}
    return {**found, "selfTest": result["selfTest"]} if "selfTest" in result else found


RANK = ["not-run", "fail", "waived", "pass"]


def outcomes(policy, runs, evidence, conditions, now):
    for check in policy["checks"]:
        results = [(run, one) for run in runs for one in run["results"] if one["check"] == check["id"]] or [(None, None)]
        worst = min((outcome(check, run, one, evidence, now) for run, one in results), key=lambda o: RANK.index(o["state"]))
        waiver = next(
            (c for c in conditions if c["check"] == check["id"] and c["standing"] == "waived"), None
        )
        if waiver and check["severity"] != "blocker" and worst["state"] in ("fail", "not-run"):
            under = {"state": worst.pop("state")}
            for name in ("measurements", "evidence", "reason"):
                if name in worst:
                    under[name] = worst.pop(name)
            said = {name: waiver["waiver"][name] for name in ("by", "reason")}
            said.update(condition=waiver["id"], until=waiver["waivedUntil"])
            worst = {**worst, "state": "waived", "waiver": said, "underlying": under}
        yield worst


# --- the log -------------------------------------------------------------------------------------------------------


def tree(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:]))


def included(index, size, leaf, path, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\1" + p + r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1" + r + p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def events(log, trust):
    body, _, signatures = log["checkpoint"].rpartition("\n\n")
    body += "\n"
    lines = body.split("\n")
    good = 0
    for line in signatures.splitlines():
        match = re.fullmatch(r"— (\S+) (\S+)", line)
        if not match:
            raise Wrong("log-checkpoint", "/log/checkpoint")
        name, data = match[1], base64.b64decode(match[2])
        for one in trust["logs"]:
            key = b64url(one["jwk"]["x"])
            if one["origin"] == name == log["origin"] and sha256(name.encode() + b"\n\1" + key)[:4] == data[:4]:
                if not holds(key, body.encode(), data[4:]):
                    raise Wrong("log-checkpoint", "/log/checkpoint")
                good += 1
    if not good or lines[0] != log["origin"]:
        raise Wrong("log-checkpoint", "/log/checkpoint")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    last = 0
    for i, one in enumerate(log["records"]):
        path = [base64.b64decode(step) for step in one["path"]]
        leaf = sha256(b"\0" + one["record"].encode("utf8", "surrogatepass"))
        if one["position"] <= last or not included(one["position"] - 1, size, leaf, path, root):
            raise Wrong("log-proof", f"/log/records/{i}")
        last = one["position"]
        yield {**json.loads(one["record"]), "position": one["position"]}


def told(event, data):
    if event == "acknowledged":
        return f"{data['owner']}, by {moment(data['due'])}"
    if event == "closed":
        return f"run {data['digest']} by {data['prober']}"
    if event == "waived":
        return f"{data['reason']} (until {moment(data['until'])})"
    return data[{"opened": "what", "claimed": "note", "reopened": "why"}[event]]


def fold(found, until, now):
    streams = {}
    for event in found:
        if event["stream"].startswith("condition/") and event["position"] <= until:
            streams.setdefault(event["stream"].partition("/")[2], []).append(event)
    for id_, story in streams.items():
        first = story[0]["data"]
        state = {"status": "open", "due": first["due"]}
        for event in story[1:]:
            what, data = event["type"].partition(".")[2], event["data"]
            if what == "acknowledged":
                state.update(status=what, owner=data["owner"], due=data["due"])
            elif what == "waived":
                state.update(status=what, waiver={**data, "by": event["actor"]})
            elif what == "closed":
                state.update(status=what, digest=data["digest"])
            else:
                state["status"] = "open" if what == "reopened" else what
        standing = state["status"]
        if standing == "waived" and now >= state["waiver"]["until"]:
            standing = "open"
        if standing not in ("closed", "waived") and now >= state["due"]:
            standing = "overdue"
        entry = {name: first[name] for name in ("check", "title", "severity", "review", "what")}
        entry.update(id=id_, standing=standing, openedAt=moment(story[0]["time"]), due=moment(state["due"]))
        if "owner" in state:
            entry["owner"] = state["owner"]
        if state["status"] == "waived":
            entry.update(waivedUntil=moment(state["waiver"]["until"]), waiver=state["waiver"])
        if state["status"] == "closed":
            entry["closedBy"] = {"sha256": state["digest"]}
        entry["story"] = [
            {
                **{"position": e["position"], "at": moment(e["time"]), "actor": e["actor"]},
                **{"event": e["type"].partition(".")[2], "detail": told(e["type"].partition(".")[2], e["data"])},
            }
            for e in story
        ]
        entry["events"] = len(story)
        yield entry


def sign_off(event, agent, core, origin, keys):
    own = {k["kid"]: k for k in keys if k["role"] == "reviewer" and k["name"] == agent and k["from"] <= event["time"] < k["to"]}
    jws = event["data"]["answer"]
    roles = set()
    for one in jws["signatures"]:
        header = json.loads(b64url(one["protected"]))
        if header.get("typ") != "lighthouse-answer+jws" or set(header) != {"alg", "kid", "typ"}:
            return None
        if header["kid"] in own:
            signed = f"{one['protected']}.{jws['payload']}".encode()
            if header["alg"] != "Ed25519" or not holds(own[header["kid"]]["key"], signed, b64url(one["signature"])):
                return None
            roles.update(own[header["kid"]]["roles"])
            own[header["kid"]]["signed"] = True
    if not any(k.pop("signed", False) for k in own.values()):
        return None
    answer = json.loads(b64url(jws["payload"]))
    eid = event["stream"].partition("/")[2]
    if (answer["aud"], answer["eid"], answer["from"]) != (origin, eid, agent):
        return None
    entry = {"agent": agent, "roles": sorted(roles), "at": moment(event["time"]), "elicitation": eid, "position": event["position"]}
    if answer["action"] == "decline":
        return {**entry, "decision": "declined", "reason": answer["reason"]}
    content = answer["content"]
    if not isinstance(content, dict) or content.get("core") != core:
        return None
    return {**entry, "decision": content["decision"], "reason": content["reason"]}


# --- the verdict ---------------------------------------------------------------------------------------------------

CONDITIONAL = ("waived", "shortfall", "condition-open")


def reasons(policy, checks, conditions, census, entries, refused, now):
    if not policy["checks"]:
        yield "nothing-asked", policy["name"]
    for check in checks:
        if check["state"] == "pass":
            continue
        held = [c for c in conditions if c["check"] == check["id"] and c["standing"] in ("open", "acknowledged", "claimed")]
        if check["severity"] == "blocker":
            yield "blocker", check["id"]
        elif check["state"] == "waived":
            yield "waived", check["id"]
        else:
            yield "shortfall" if held else "shortfall-without-condition", check["id"]
    if census is None:
        yield "no-census", "conditions"
    for one in census["conditions"] if census else []:
        if next((c["events"] for c in conditions if c["id"] == one["id"]), 0) != one["revision"] + 1:
            yield "census-incomplete", one["id"]
    for c in conditions:
        if c["standing"] == "overdue":
            yield "condition-overdue", c["id"]
        elif c["standing"] not in ("closed", "waived"):
            yield "condition-open" if "owner" in c else "condition-without-owner", c["id"]
    counted = census["signOffs"] if census else []
    rule = policy["signOff"]
    fresh = [e for e in entries if ms(e["at"]) + rule["ttlMs"] >= now]
    for e in entries:
        if e["decision"] == "object":
            yield "objection", e["agent"]
    for one in counted:
        if one["how"] == "open":
            yield "sign-off-open", one["to"]
    shown = {e["position"] for e in entries} | {r["position"] for r in refused}
    for one in counted:
        if one["how"] in ("accepted", "declined") and one["position"] not in shown:
            yield "sign-off-not-shown", one["to"]
    for one in refused:
        yield "sign-off-refused", one["to"]
    approving = [e for e in fresh if e["decision"] == "approve"]
    for role in rule["roles"]:
        if len({e["agent"] for e in approving if role["role"] in e["roles"]}) < role["approvals"]:
            yield "sign-off-missing", role["role"]
    if len({e["agent"] for e in approving}) < rule["quorum"]:
        yield "sign-off-missing", "quorum"


def words_removed(value):
    """The `detail` of a reason is for people, and the page leaves it to the first verifier; all else is compared."""
    if isinstance(value, list):
        return [words_removed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"kind", "detail"}:
        return value["kind"]
    is_reason = set(value) == {"code", "about", "detail"}
    return {name: words_removed(item) for name, item in value.items() if not (is_reason and name == "detail")}


# --- all of it -----------------------------------------------------------------------------------------------------


def opened(line, keys):
    try:
        envelope = json.loads(line)
    except ValueError:
        raise Wrong("unreadable")
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise Wrong("unreadable")
    payload, kind = exact_base64(envelope["payload"]), envelope["payloadType"]
    pae = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
    signers = []
    for one in envelope["signatures"]:
        for key in keys:
            if key["kid"] == one["keyid"]:
                if not holds(key["key"], pae, exact_base64(one["sig"])):
                    raise Wrong("signature", "/signatures")
                signers.append(key)
    if not signers:
        raise Wrong("signature", "/signatures")
    if kind != "application/vnd.in-toto+json":
        raise Wrong("schema", "/payloadType")
    try:
        statement = json.loads(payload)
        if jcs(statement).encode() != payload:
            raise Wrong("unreadable", "/payload")
    except ValueError:
        raise Wrong("unreadable", "/payload")
    shape = SHAPES.get(statement.get("predicateType"))
    if shape is None or not fits(shape, statement, {}):
        raise Wrong("schema")
    return {"statement": statement, "signers": signers, "sha256": hexof(line.encode())}


def verify(folder):
    bundle = (folder / "certificate.intoto.jsonl").read_bytes().decode("utf8")
    trust = json.loads((folder / "trust.json").read_text("utf8"))
    now = int((folder / "now").read_text())
    if not fits(TRUST, trust, {}):
        raise Wrong("trust")
    if not bundle.endswith("\n"):
        raise Wrong("unreadable")
    keys = [
        {
            **{name: key[name] for name in ("role", "name")},
            "roles": key.get("roles", []),
            "kid": base64.urlsafe_b64encode(sha256(jcs(key["jwk"]).encode())).decode().rstrip("="),
            "key": b64url(key["jwk"]["x"]),
            "from": ms(key["notBefore"]) if "notBefore" in key else 0,
            "to": ms(key["notAfter"]) if "notAfter" in key else ENDLESS,
        }
        for key in trust["keys"]
    ]
    lines = [opened(line, keys) for line in bundle[:-1].split("\n")]
    of = lambda kind: [one for one in lines if one["statement"]["predicateType"] == kind]
    certificates, runs, results = of(REVIEW), of(RUN), of(SVR)
    if len(certificates) != 1 or len(results) > 1:
        raise Wrong("altered")
    certificate = certificates[0]
    subject, said = certificate["statement"]["subject"], certificate["statement"]["predicate"]
    issued = ms(said["issuedAt"])
    issuers = {k["name"] for k in certificate["signers"] if k["role"] == "issuer" and k["from"] <= issued < k["to"]}
    if len(issuers) < trust.get("issuersMin", 1) or said["issuer"] not in issuers:
        raise Wrong("issuer")
    if len({one["name"] for one in subject}) != 3:
        raise Wrong("subject")
    for wanted in trust.get("subject", []):
        if wanted not in subject:
            raise Wrong("subject")

    listed = [one["digest"]["sha256"] for one in said["inputs"]]
    if sorted(listed) != sorted(run["sha256"] for run in runs) or len(set(listed)) != len(listed):
        raise Wrong("inputs")
    evidence = {}
    for run in runs:
        body, ended = run["statement"]["predicate"], ms(run["statement"]["predicate"]["endedAt"])
        if not any(
            k["role"] == "prober" and k["name"] == body["prober"] and k["from"] <= ended < k["to"] for k in run["signers"]
        ):
            raise Wrong("prober")
        if body["review"] != said["review"] or body["profile"] != said["profile"]:
            raise Wrong("run")
        if jcs(run["statement"]["subject"]) != jcs(subject):
            raise Wrong("subject")
        if ended > issued + SKEW or ms(body["startedAt"]) > ended:
            raise Wrong("run")
        for result in body["results"]:
            for file in result.get("evidence", []) + result.get("selfTest", {}).get("evidence", []):
                name = file["digest"]["sha256"]
                if not (folder / "evidence" / name).is_file():
                    raise Wrong("evidence-missing")
                data = (folder / "evidence" / name).read_bytes()
                if hexof(data) != name or len(data) != file["annotations"]["bytes"]:
                    raise Wrong("evidence-altered")
                evidence[name] = data

    wanted = said["policy"]["digest"]["sha256"]
    if wanted not in trust["policies"] or not (folder / "evidence" / wanted).is_file():
        raise Wrong("policy")
    policy = json.loads((folder / "evidence" / wanted).read_bytes())
    if digest(policy) != wanted or not fits(POLICY, policy, POLICY["$defs"]):
        raise Wrong("policy")

    found = list(events(said["log"], trust))
    counted = [e for e in found if e["type"] == "condition.census" and e["stream"] == "census" and e["data"]["review"] == said["review"]]
    census = counted[-1] if counted and counted[-1]["time"] + 900_000 >= issued else None
    conditions = list(fold(found, census["position"] if census else 0, issued))
    by_digest = {run["sha256"]: run["statement"]["predicate"] for run in runs}
    checks = list(outcomes(policy, [by_digest[one] for one in listed], evidence, conditions, issued))
    core = digest(
        {
            "v": 1,
            "typ": "lighthouse.review-core",
            "review": said["review"],
            "subject": sorted(subject, key=lambda one: one["name"]),
            "policy": wanted,
            "runs": sorted(listed),
        }
    )
    entries, refused = [], []
    for one in census["data"]["signOffs"] if census else []:
        event = next((e for e in found if e["position"] == one["position"]), None)
        if event is None or event["type"] not in ("elicitation.accepted", "elicitation.declined"):
            continue
        entry = sign_off(event, one["to"], core, said["log"]["origin"], keys)
        refused.append(one) if entry is None else entries.append(entry)
    why = list(reasons(policy, checks, conditions, census and census["data"], entries, refused, issued))
    verdict = "GO" if not why else "CONDITIONAL" if all(code in CONDITIONAL for code, _ in why) else "NO-GO"
    ttl = {check["id"]: check["ttlMs"] for check in policy["checks"]}
    ends = [issued + policy["maxAgeMs"]]
    ends += [ms(f["annotations"]["collectedAt"]) + ttl[c["id"]] for c in checks for f in c.get("evidence", [])]
    ends += [ms(c["waiver"]["until"]) for c in checks if c["state"] == "waived"]
    ends += [ms(c["due"]) for c in conditions if c["standing"] not in ("closed", "overdue")]
    ends += [ms(e["at"]) + policy["signOff"]["ttlMs"] for e in entries if e["decision"] == "approve"]
    for c in conditions:
        c.pop("events"), c.pop("waiver", None)
    follows = {
        **{name: said[name] for name in ("id", "review", "title", "issuer", "profile", "issuedAt", "inputs", "log")},
        **({"supersedes": said["supersedes"]} if "supersedes" in said else {}),
        "policy": {"name": policy["name"], "digest": {"sha256": wanted}},
        "validUntil": moment(max(issued, min(ends))),
        "verdict": verdict,
        "rolloutPercent": {"GO": 100, "CONDITIONAL": policy["conditionalCapPercent"], "NO-GO": 0}[verdict],
        "reasons": [{"code": code, "about": about} for code, about in why],
        "checks": checks,
        "conditions": conditions,
        "signOffs": entries,
    }
    plain = words_removed(said)
    for name in sorted(set(follows) | set(plain)):
        if name not in follows or name not in plain or jcs(follows[name]) != jcs(plain[name]):
            raise Wrong("differs", f"/predicate/{name}")
    if bool(results) != (verdict == "GO"):
        raise Wrong("svr")
    for result in results:
        properties = ["LIGHTHOUSE_READY_GO"] + [f"LIGHTHOUSE_CHECK_{c['id']}" for c in checks if c["state"] == "pass"]
        about = {"verifier": {"id": REVIEW}, "timeCreated": said["issuedAt"], "properties": properties, "policies": [said["policy"]]}
        same_signer = any(k["role"] == "issuer" and k in certificate["signers"] for k in result["signers"])
        if not same_signer or jcs(result["statement"]["predicate"]) != jcs(about) or jcs(result["statement"]["subject"]) != jcs(subject):
            raise Wrong("svr")
    if issued > now + SKEW:
        raise Wrong("not-yet")
    if certificate["sha256"] in trust.get("revoked", []):
        raise Wrong("revoked")
    if now >= ms(said["validUntil"]):
        raise Wrong("expired")
    return verdict


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            print(json.dumps({"verdict": verify(pathlib.Path(name))}))
        except Wrong as wrong:
            print(json.dumps({"wrong": wrong.code, "at": wrong.at}))
