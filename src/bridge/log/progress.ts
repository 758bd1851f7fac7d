/** Hears how far a long task has come: events (or pages) done, and how many there are. */
export type Progress = (done: number, total: number) => void;
