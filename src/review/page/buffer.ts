/**
 * As much of Node's `Buffer` as the verifier uses, for a page. What is no text of its encoding gives no bytes: whoever asks
 * writes the bytes out again and compares.
 */
export class PageBuffer extends Uint8Array {
  static isBuffer(value: unknown): value is PageBuffer {
    return value instanceof PageBuffer;
  }

  static override from(data: unknown, encodingOrOffset?: unknown, length?: number): PageBuffer {
    if (typeof data === "string") return new PageBuffer(bytesOf(data, String(encodingOrOffset ?? "utf8")));
    if (data instanceof ArrayBuffer) return new PageBuffer(data, Number(encodingOrOffset ?? 0), length);
    return new PageBuffer(data as ArrayLike<number>);
  }

  static allocUnsafe(size: number): PageBuffer {
    return new PageBuffer(size);
  }

  static concat(parts: readonly Uint8Array[]): PageBuffer {
    const whole = new PageBuffer(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.byteLength;
    }
    return whole;
  }

  static compare(a: Uint8Array, b: Uint8Array): number {
    const common = Math.min(a.byteLength, b.byteLength);
    for (let i = 0; i < common; i++) {
      const difference = (a[i] as number) - (b[i] as number);
      if (difference !== 0) return Math.sign(difference);
    }
    return Math.sign(a.byteLength - b.byteLength);
  }

  static byteLength(text: string): number {
    return new TextEncoder().encode(text).byteLength;
  }

  override toString(encoding = "utf8"): string {
    switch (encoding) {
      case "hex":
        return Array.from(this, (byte) => byte.toString(16).padStart(2, "0")).join("");
      case "base64":
        return btoa(binary(this));
      case "base64url":
        return btoa(binary(this)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      default:
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this);
    }
  }

  readUInt32BE(offset: number): number {
    return new DataView(this.buffer, this.byteOffset, this.byteLength).getUint32(offset);
  }
}

const CHUNK_BYTES = 8_192;

const binary = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  return text;
};

const bytesOf = (text: string, encoding: string): Uint8Array<ArrayBuffer> => {
  switch (encoding) {
    case "hex":
      return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
    case "latin1":
      return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
    case "base64":
    case "base64url":
      try {
        return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
      } catch {
        return new Uint8Array();
      }
    default:
      return new TextEncoder().encode(text);
  }
};
