import { describe, expect, it } from "vitest";
import { signedHeaders } from "./sigv4.ts";

/** The identity and the time of AWS' own published examples of Signature Version 4. */
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const at = Date.UTC(2015, 7, 30, 12, 36, 0);
const example = {
  url: new URL("https://example.amazonaws.com/"),
  headers: {},
  body: "",
  region: "us-east-1",
  service: "service",
  at,
};

describe("a signed request", () => {
  it("to get nothing in particular has the signature of AWS' own example", () => {
    expect(signedHeaders({ ...example, method: "GET" }, credentials)).toEqual({
      "x-amz-date": "20150830T123600Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    });
  });

  it("to post nothing in particular has it too", () => {
    expect(signedHeaders({ ...example, method: "POST" }, credentials)["authorization"]).toContain(
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    );
  });

  it("by a role carries the role's session, signed", () => {
    const headers = signedHeaders({ ...example, method: "POST" }, { ...credentials, sessionToken: "token" });
    expect(headers["x-amz-security-token"]).toBe("token");
    expect(headers["authorization"]).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token");
  });

  it("never carries the secret itself", () => {
    expect(JSON.stringify(signedHeaders({ ...example, method: "POST" }, credentials))).not.toContain("wJalrXUtn");
  });
});
