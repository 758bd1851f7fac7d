/** Between looks, in milliseconds. */
const LOOK_MS = 5;
/** What has not come to pass by then does not: far beyond what a busy machine needs. */
const GIVE_UP_MS = 20_000;

/** Resolves with the first value that is neither undefined nor false: for what real sockets bring about in their own time. */
export const until = async <T>(look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> => {
  for (let waited = 0; waited < GIVE_UP_MS; waited += LOOK_MS) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`it did not come to pass in ${GIVE_UP_MS} ms: ${look.toString()}`);
};
