import { ImageError, KernelPanic } from '../base/errors.ts';
import { ContainerError } from '../container/errors.ts';
import { StoreError } from '../ports/checkpoint-store.ts';

/** A command line that cannot be understood; `message` is one sentence for the user, without a full stop. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Something of the user's that the command cannot work with. */
export class CliError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CliError';
  }
}

/** Exit status of errors of stasis's own, as `runsc do` has it. */
export const OWN_ERROR_STATUS = 128;

/** One sentence for the user, without a full stop. */
export function sentenceOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}; \`stasis help\` lists what there is`;
  if (error instanceof CliError || error instanceof ContainerError || error instanceof ImageError || error instanceof StoreError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof KernelPanic ? `the machine has stopped: ${reason}` : `unexpected: ${reason}`;
}
