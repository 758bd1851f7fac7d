import type {
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  Result,
  Tool as SdkTool,
  Server,
  ServerCapabilities,
  ServerContext,
  ServerOptions,
} from "@modelcontextprotocol/server";
import type { TaskSource } from "./tasks.ts";

/**
 * What a server offers beside Lighthouse's own: nothing in a running bridge. The official conformance suite calls tools,
 * resources and prompts of its own, and with these it calls them through our transport and protocol code.
 */
export interface Beside {
  readonly capabilities: ServerCapabilities;
  readonly requestState?: ServerOptions["requestState"];
  readonly tools: readonly SdkTool[];
  /** `undefined`: not a tool of these. */
  readonly call: (name: string, input: object, context: ServerContext) => Promise<Result> | undefined;
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplateType[];
  readonly read: (uri: string) => ReadResourceResult | undefined;
  readonly tasks: TaskSource;
  /** Methods that Lighthouse has none of. */
  readonly extend: (server: Server) => void;
}
