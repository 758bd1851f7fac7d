import { idOf, type Recorded } from "../../domain/event.ts";
import { emptyStory, type Story, told } from "../../domain/story.ts";

/** What each chain of causes has spent so far, for the stories that were told of last. */
export const storyView = (storiesMax: number) => {
  const stories = new Map<string, Story>();

  const fold = (event: Recorded): void => {
    if (event.type === "budget.reset") stories.delete(idOf(event.stream));
    if (event.type !== "elicitation.asked") return;
    const { from, to, root } = event.data;
    // A question without a cause begins a story, which it does not yet need to be counted in.
    const id = root ?? idOf(event.stream);
    const story = stories.get(id);
    if (story === undefined && root === undefined) return;
    stories.delete(id);
    stories.set(id, told(story ?? emptyStory, { from, to }));
    if (stories.size > storiesMax) {
      const [oldest] = stories.keys();
      if (oldest !== undefined) stories.delete(oldest);
    }
  };

  return { fold, get: (id: string): Story => stories.get(id) ?? emptyStory, size: (): number => stories.size };
};

export type StoryView = ReturnType<typeof storyView>;
