import { LighthouseFault } from "./refusal.ts";

/** Where a bridge's WebSocket is: `http://host:8765` → `ws://host:8765/ws`. A `ws:` URL is taken as it stands. */
export const socketUrl = (url: string): string => {
  const parsed = URL.parse(url);
  if (parsed === null) {
    throw new LighthouseFault(
      "unreachable",
      `${JSON.stringify(url)} is no URL of a bridge, such as http://127.0.0.1:8765`,
    );
  }
  if (parsed.protocol === "ws:" || parsed.protocol === "wss:") return parsed.href;
  parsed.protocol = parsed.protocol === "https:" ? "wss:" : "ws:";
  parsed.pathname = `${parsed.pathname.replace(/\/$/, "")}/ws`;
  return parsed.href;
};
