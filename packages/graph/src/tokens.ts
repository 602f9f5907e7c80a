// The part of this package that tokenizes, for tasks that do; it captures functions, and so needs
// more than `tasks` does.
export { tokenize, tokenizeLoosely } from "./tokenize.ts";
