import { inspect } from "node:util";
import fc from "fast-check";
import { problemCodes } from "../../src/bridge/transport/http/problem.ts";
import { openOperations } from "../../src/bridge/transport/open/operations.ts";
import { operations } from "../../src/bridge/transport/operations.ts";
import { serveSession } from "../../src/bridge/transport/session.ts";
import type { Channel } from "../../src/domain/world.ts";
import { type HttpDoor, httpDoor } from "../support/http-door.ts";
import type { TestAgent } from "../support/test-bridge.ts";
import { anyJson, anyText, behind, type Fuzzed, near, nearObject } from "./fuzzed.ts";
import { goodEnvelope } from "./signing.ts";

interface Door {
  readonly http: HttpDoor;
  readonly admin: TestAgent;
}

/** Rates that no fuzzer reaches; what a flood meets is another test. */
const limits = { strangersPerMinute: 1e9, strangersBurst: 1e9, strangersPerMinuteOfAll: 1e9, strangersBurstOfAll: 1e9 };

const open = async (): Promise<Door> => {
  const http = await httpDoor({ limits });
  await http.register("bob");
  return { http, admin: await http.register("admin", ["admin"]) };
};
const close = async ({ http }: Door): Promise<void> => {
  if (http.faults.length > 0) throw new Error(`${http.faults.length} faults, the first: ${inspect(http.faults[0])}`);
  await http.close();
};

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Whatever comes in, what goes out is a success or a problem with a known code. */
const survives = async (
  { http, admin }: Door,
  { method, url, headers, body }: Request,
  isAgent = true,
): Promise<boolean> => {
  const replying = http.app.inject({
    method: method as "GET",
    url,
    headers: {
      ...(isAgent ? admin.headers : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: Buffer.from(body, "utf8") }),
  });
  // Who waits, waits for the clock.
  if (/wait|inbox/.test(url)) await http.clock.advance(http.limits.longPollMsMax);
  const reply = await replying;
  if (reply.statusCode >= 500 && reply.statusCode !== 503) throw new Error(`${reply.statusCode} ${reply.payload}`);
  if (reply.statusCode < 400) return true;
  if (url === "/mcp") return false;
  const { code } = JSON.parse(reply.payload) as { readonly code: (typeof problemCodes)[number] };
  if (!problemCodes.includes(code)) throw new Error(`an unknown code: ${reply.payload}`);
  return false;
};

const bodyText = (members: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    nearObject(members).map((value) => JSON.stringify(value)),
    anyJson().map((value) => JSON.stringify(value) ?? ""),
    near('{"to":"bob","message":"m","schema":{"type":"string"},"timeoutMs":60000}'),
    anyText(),
  );

const propertiesOf = ({ input }: { readonly input: unknown }): readonly string[] =>
  Object.keys((input as { readonly properties: object }).properties);

/** Not the one that would put the fuzzer's own agent out of work. */
const harmless = operations.filter(({ name }) => !/^(agents\.(revoke|suspend)|master|keys)/.test(name));
const segment = fc.constantFrom("bob", "el_00000000000000000000000000", "%00", "..%2f..", "a".repeat(300), "é");

const atAny = fc.constantFrom(...harmless).chain((op) =>
  fc.record({
    method: fc.constant(op.http.method === "GET" ? "POST" : op.http.method),
    url: segment.map((part) => op.http.path.replace(/:\w+/g, part)),
    headers: fc.constant({}),
    body: bodyText(propertiesOf(op)),
  }),
);
const nearlyRight = fc.constantFrom(
  ["/v1/elicitations", '{"to":"bob","message":"m","schema":{"type":"string"},"timeoutMs":60000}'],
  ["/v1/events", '{"name":"fuzz.ed","payload":{"a":[1,"zwei"]}}'],
  ["/v1/inquiries", '{"to":["bob"],"message":"m","default":{"a":1}}'],
  ["/v1/invitations", '{"name":"fuzz","roles":["agent"]}'],
);
const atOne = nearlyRight.chain(([url = "", right = ""]) =>
  fc.record({ method: fc.constant("POST"), url: fc.constant(url), headers: fc.constant({}), body: near(right) }),
);
const bodies: Fuzzed = behind("HTTP bodies at every operation", 4_000, fc.oneof(atAny, atOne), {
  open,
  judge: survives,
  close,
});

const cursor = fc.oneof(fc.constantFrom("0", "1", "-1", "1e9", "99999999999999999999", ""), anyText(20));
const header = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const streams: Fuzzed = behind(
  "Last-Event-ID and stream queries",
  2_000,
  fc.record({
    method: fc.constant("GET"),
    // Without one of the three it is refused, so that no stream stays open.
    url: cursor.map((after) => `/v1/stream?after=${encodeURIComponent(after.toWellFormed())}`),
    headers: fc.record({
      "last-event-id": fc.oneof(header, near("42")).map((text) => text.replace(/[^\x20-\xff]/g, "")),
    }),
  }),
  { open, judge: survives, close },
);

const strangers: Fuzzed = behind(
  "doors of strangers (challenge, enrolment, sign-in)",
  3_000,
  fc.constantFrom(...openOperations).chain((op) =>
    fc.record({
      method: fc.constant("POST"),
      url: fc.constant(op.http.path),
      headers: fc.oneof(
        fc.constant({}),
        header.map((token) => ({ authorization: `Bearer ${token}` })),
        fc.constant({ authorization: "Bearer lhe_x" }),
      ),
      body: fc.oneof(
        bodyText(propertiesOf(op)),
        near(JSON.stringify({ login: goodEnvelope })),
        near(
          `{"name":"bob","jwk":{"kty":"OKP","crv":"Ed25519","x":"${"A".repeat(43)}"},"challenge":"lhc_x","iat":1,"signature":"AA"}`,
        ),
      ),
    }),
  ),
  { open, judge: (door, request) => survives(door, request, false), close },
);

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "fuzz", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const toolCall = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "lighthouse_inbox", arguments: { limit: 1 }, _meta: meta },
});
const rightHeaders = {
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "lighthouse_inbox",
};
const otherHeaders = fc.record({
  accept: fc.constantFrom("application/json, text/event-stream", "application/json", "*/*"),
  "mcp-protocol-version": fc.constantFrom("2026-07-28", "2025-11-25", "x"),
  "mcp-method": fc.constantFrom("tools/call", "tools/list", "x"),
  "mcp-name": fc.constantFrom("lighthouse_inbox", "x"),
});
const mcp: Fuzzed = behind(
  "MCP over HTTP",
  2_000,
  fc.record({
    method: fc.constantFrom("POST", "POST", "POST", "GET", "DELETE"),
    url: fc.constant("/mcp"),
    headers: fc.oneof({ weight: 3, arbitrary: fc.constant(rightHeaders) }, { weight: 1, arbitrary: otherHeaders }),
    body: fc.oneof(
      near(toolCall),
      nearObject(["jsonrpc", "id", "method", "params"]).map((value) => JSON.stringify(value)),
      anyText(),
    ),
  }),
  { open, judge: survives, close },
);

const frame = fc.oneof(
  near(
    '{"jsonrpc":"2.0","id":1,"method":"session.open","params":{"inbox":true,"after":0}}',
    '{"jsonrpc":"2.0","id":2,"method":"elicitations.ask","params":{"to":"bob","message":"m"}}',
    '{"jsonrpc":"2.0","id":3,"method":"events.query","params":{"limit":1,"_meta":{"traceparent":"x"}}}',
  ),
  fc
    .record({
      jsonrpc: fc.constant("2.0"),
      id: anyJson(1),
      method: fc.constantFrom(...harmless.map(({ name }) => name), "session.open"),
      params: anyJson(2),
    })
    .map((value) => JSON.stringify(value)),
  nearObject(["jsonrpc", "id", "method", "params"]).map((value) => JSON.stringify(value)),
  anyText(),
);
const frames: Fuzzed = behind("JSON-RPC frames of a WebSocket", 8_000, frame, {
  open,
  judge: async ({ http, admin }, text) => {
    const said: string[] = [];
    let isServed = false;
    const channel: Channel = {
      send: (line, flushed) => {
        said.push(line);
        flushed?.();
      },
      close: () => undefined,
      bufferedBytes: () => 0,
      onMessage: () => undefined,
      onClose: () => undefined,
    };
    serveSession(http.bridge, channel, admin.principal, "fuzz", http.onFault);
    channel.onMessage(text);
    // Whatever it began is done, or waits for the clock, a few turns later.
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    channel.onClose(1000, "");
    for (const line of said) {
      const { jsonrpc, error } = JSON.parse(line) as {
        readonly jsonrpc: string;
        readonly error?: { readonly code: number };
      };
      if (jsonrpc !== "2.0" || error?.code === -32_603) throw new Error(line);
      isServed ||= error === undefined;
    }
    return isServed;
  },
  close,
});

export const doors: readonly Fuzzed[] = [bodies, streams, strangers, mcp, frames];
