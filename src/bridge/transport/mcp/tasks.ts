import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  fromJsonSchema,
  type InputRequests,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";

/** The tasks extension (SEP-2663): a call that takes longer is answered with a task, which the client looks at again. */
export const TASKS = "io.modelcontextprotocol/tasks";

/** A task as it stands now. `at` and `updatedAt` are milliseconds since 1970. */
export type Task = {
  readonly id: string;
  readonly at: number;
  readonly updatedAt: number;
  /** What it waits for, in words. */
  readonly says?: string;
} & (
  | { readonly status: "working" | "cancelled" }
  | { readonly status: "input_required"; readonly inputRequests: InputRequests }
  | { readonly status: "completed"; readonly result: Result }
  | { readonly status: "failed"; readonly error: { readonly code: number; readonly message: string } }
);

/** Whose tasks they are is in the context: each of its calls is one request under one credential. */
export interface TaskSource {
  /** `undefined`: there is none of that id, or none that the caller may see. */
  readonly find: (id: string, context: ServerContext) => Promise<Task | undefined>;
  /** Answers to `inputRequests`. Keys that nobody asked for are ignored. */
  readonly update: (id: string, responses: Readonly<Record<string, unknown>>) => void;
  /** Asks a task to stop; it need not. */
  readonly cancel: (id: string) => void;
}

/** The client says with each request what it can do; 2025-11-25 has another kind of task, which is not spoken here. */
export const speaksTasks = ({ mcpReq }: Pick<ServerContext, "mcpReq">): boolean => {
  const envelope = mcpReq.envelope as Readonly<Record<string, ClientCapabilities>> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY]?.extensions?.[TASKS] !== undefined;
};

/** Instead of a result: the task, of which nothing is known yet but that it is there. */
export const taskCreated = (task: Task): Result => ({ resultType: "task", ...headOf(task) });

export const serveTasks = (server: Server, { find, update, cancel }: TaskSource): void => {
  const needed = async ({ taskId }: TaskParams, context: ServerContext): Promise<Task> => {
    if (!speaksTasks(context))
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
    const task = await find(taskId, context);
    if (task === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "there is no such task");
    return task;
  };
  server.setRequestHandler("tasks/get", { params }, async (asked, context) =>
    detailed(await needed(asked as TaskParams, context)),
  );
  server.setRequestHandler("tasks/update", { params }, async (asked, context) => {
    const { taskId, inputResponses = context.mcpReq.inputResponses ?? {} } = asked as TaskParams;
    await needed({ taskId }, context);
    update(taskId, inputResponses);
    return {};
  });
  server.setRequestHandler("tasks/cancel", { params }, async (asked, context) => {
    const { id } = await needed(asked as TaskParams, context);
    cancel(id);
    return {};
  });
};

interface TaskParams {
  readonly taskId: string;
  readonly inputResponses?: Readonly<Record<string, unknown>>;
}

const params = fromJsonSchema<TaskParams>({
  type: "object",
  properties: { taskId: { type: "string", maxLength: 256 }, inputResponses: { type: "object" } },
  required: ["taskId"],
});

/** How often a client should look, in milliseconds. */
const POLL_MS = 2_000;

const headOf = ({ id, status, at, updatedAt, says }: Task): Result => ({
  taskId: id,
  status,
  createdAt: new Date(at).toISOString(),
  lastUpdatedAt: new Date(updatedAt).toISOString(),
  // The log keeps what the task is about for as long as there is a log.
  ttlMs: null,
  pollIntervalMs: POLL_MS,
  ...(says === undefined ? {} : { statusMessage: says }),
});

const detailed = (task: Task): Result => {
  const head = headOf(task);
  switch (task.status) {
    case "working":
    case "cancelled":
      return head;
    case "input_required":
      return { ...head, inputRequests: task.inputRequests };
    case "completed":
      return { ...head, result: task.result };
    case "failed":
      return { ...head, error: task.error };
  }
};
