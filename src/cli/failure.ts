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
