/** The executors that everything must give the same answers on, by name. */
export const executors: readonly string[] = ["inline"];
