/** Where a bridge's WebSocket is: `http://host:8765` → `ws://host:8765/ws`. A `ws:` URL is taken as it stands. */
export const socketUrl = (url: string): string => {
  const parsed = new URL(url);
  if (parsed.protocol === "ws:" || parsed.protocol === "wss:") return parsed.href;
  parsed.protocol = parsed.protocol === "https:" ? "wss:" : "ws:";
  parsed.pathname = `${parsed.pathname.replace(/\/$/, "")}/ws`;
  return parsed.href;
};
