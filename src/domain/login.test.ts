import { expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import { login } from "./login.ts";

const { given } = specification(login);
const opened = { agent: "bob", kid: "k1", tokenHash: "t", notAfter: 100, idleMs: 10 };

test("a login opens once, and closing it twice is once", () => {
  given().when({ type: "open", opened }).then({ type: "login.opened", data: opened });
  given({ type: "login.opened", data: opened })
    .when({ type: "close", reason: "logout" })
    .then({ type: "login.closed", data: { reason: "logout" } });
  given({ type: "login.opened", data: opened }, { type: "login.closed", data: { reason: "logout" } })
    .when({ type: "close", reason: "logout" })
    .thenNothing();
  given().when({ type: "close", reason: "logout" }).thenNothing();
});

test("an id that was given out twice is a bug, not a refusal", () => {
  expect(() => given({ type: "login.opened", data: opened }).when({ type: "open", opened })).toThrow(/twice/);
});
