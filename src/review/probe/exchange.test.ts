import fc from "fast-check";
import { expect, test } from "vitest";
import { type Exchange, redacted } from "./exchange.ts";

const exchange = (secret: string): Exchange => ({
  request: {
    method: "POST",
    path: `/v1/x?token=${secret}`,
    headers: { Authorization: `Bearer ${secret}`, "x-other": `it is ${secret}` },
    body: `{"a":"${secret}"}`,
  },
  response: { status: 200, contentType: "text/plain", body: `you said ${secret} and ${secret}` },
  at: 0,
  tookMs: 1,
});

test("no credential is in what is kept, wherever it stood", () => {
  const secrets = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 8, maxLength: 60 });
  fc.assert(
    fc.property(secrets, (secret) => {
      expect(JSON.stringify(redacted(exchange(secret), [secret]))).not.toContain(secret);
    }),
  );
});

test("a credential header is taken out even when nobody knows its secret", () => {
  expect(redacted(exchange("unknown-to-us"), []).request.headers).toEqual({
    Authorization: "[redacted]",
    "x-other": "it is unknown-to-us",
  });
});
