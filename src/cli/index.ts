/** `cli`: the command `milton`. The only room that writes to the terminal. */
export type { CommandContext, CommandResult, Handler, Perform } from './context.ts';
export { CLI_FAILURES, CliFailure, type CliCode } from './error.ts';
export { runMilton, type MiltonProcess } from './run.ts';
